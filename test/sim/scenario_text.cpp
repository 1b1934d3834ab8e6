// What a scenario is, for people.
#include "sim/scenario.hpp"

#include <utility>

namespace webseed::test::sim {

std::string mirror_manner::url() const
{
    return (is_secure ? "https://" : "http://") + (has_login ? "user:" + password() + '@' : "") + host +
           (directory.empty() ? "/" : '/' + directory + '/');
}

std::string scenario::description() const
{
    auto const number = [](auto value) { return std::to_string(value); };
    constexpr char const* formats[] = {"v1", "v2", "a hybrid"};
    auto text = name + " of seed " + number(seed) + ", " + formats[static_cast<std::size_t>(format)] + ", pieces of " +
                number(piece_length) + (has_twins ? ", equal files" : "") + "\nfiles:";
    for (auto const& file : files)
        text += ' ' + (file.path.empty() ? "padding" : file.path.back()) + ' ' + number(file.size);
    text += wanted.empty() ? "" : "\nwanted:";
    for (auto const& file : wanted)
        text += ' ' + file;
    text += "\n" + number(options.requesters_per_seed) + " requesters a mirror, claims of " +
            number(options.claim_size_first) + ", at least " + number(options.claim_size_min) + ", at most " +
            number(options.claim_size_max) + ", parts of " + number(options.part_size_max) + "\n";
    if (kept_size_max != 0)
        text += "keeps " + number(kept_size_max) + " bytes in memory\n";
    if (options.stays)
        text += "stays\n";
    if (engine.rate_max + options.rate_max + options.seed_rate_max != 0)
        text += "bytes a second: " + number(engine.rate_max) + " of the engine, " + number(options.rate_max) +
                " of the download, " + number(options.seed_rate_max) + " of each mirror\n";
    text += options.headers.empty() && options.logins.empty() ? "" : "with secrets\n";
    for (auto const& mirror : mirrors)
    {
        text += mirror.host + (mirror.directory.empty() ? "" : '/' + mirror.directory) + ": " + number(mirror.rate) +
                " bytes/s, " + number(std::chrono::duration_cast<std::chrono::milliseconds>(mirror.latency).count()) +
                " ms, " + number(mirror.wrong_percent) + " % wrong, " + number(mirror.connect_fault_percent) +
                " % unreachable";
        if (mirror.speaks != speech::files)
            text += mirror.speaks == speech::script ? ", a script" : ", files where a script should be";
        text += mirror.sends_whole ? ", without ranges" : "";
        text += mirror.redirect_percent == 0 ? "" : ", " + number(mirror.redirect_percent) + " % elsewhere";
        text += mirror.request_limit == 0 ? "" : ", no more than " + number(mirror.request_limit) + " at once";
        constexpr char const* ahead[] = {
            "",
            ", ends when asked ahead",
            ", ignores what is asked ahead",
            ", mixes up what is asked ahead",
            ", spoils what is asked ahead",
        };
        text += ahead[static_cast<std::size_t>(mirror.ahead)];
        text += mirror.has_login ? ", with a password" : "";
        text += mirror.is_from_torrent ? ", named by the torrent" : "";
        text += mirror.flips_inside ? ", now and then at a private address" : "";
        if (mirror.wrong.size() == 1)
            text += ", by " + std::string(name_of(mirror.wrong.front()));
        text += '\n';
    }
    text += "disk: up to " +
            number(std::chrono::duration_cast<std::chrono::milliseconds>(disk.operation_time).count()) +
            " ms, stored " + disk.stored;
    if (disk.fail_at != 0)
        text += ", error " + number(disk.error) + (disk.fails_for_ever ? " from call " : " at call ") +
                number(disk.fail_at);
    if (disk.remember_every != duration{})
        text += ", remembers";
    if (disk.wrong_read_percent != 0)
        text += ", " + number(disk.wrong_read_percent) + " % of reads wrong";
    text += description_of(known_servers);
    for (auto const& one : readers)
        text += "\nfrom step " + number(one.begins_at) + " on somebody reads file " + number(one.file) + ", " +
                number(one.reads) + " times up to " + number(one.size_max) + " bytes, " + number(one.together) +
                " at once";
    for (auto const& one : actions)
        text += "\naction " + number(static_cast<int>(one.what)) + " at step " + number(one.at);
    if (!others.empty())
        text += "\nthe engine: " + number(engine.requests_max) + " requests, " + number(engine.host_requests_max) +
                " at a host, " + number(engine.buffered_size_max) + " bytes on their way";
    for (auto const& each : others)
        text += "\n\nfrom step " + number(each.begins_at) + " on, beside it: " + each.description();
    return text;
}

} // namespace webseed::test::sim
