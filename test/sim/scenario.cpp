#include "sim/scenario.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace webseed::test::sim {

using namespace std::chrono_literals;

namespace {

std::vector<answer> all_wrong()
{
    std::vector<answer> all;
    for (auto how = answer::reset_at_once; how != answer::count_;
         how = static_cast<answer>(static_cast<unsigned>(how) + 1))
        all.push_back(how);
    return all;
}

// A few pieces, for v2's are large; some files of one size.
std::vector<test_file> draw_v2_files(dice& chance, std::uint64_t piece_length)
{
    std::vector<test_file> files;
    std::vector<std::uint64_t> sizes = {0, 1, piece_length, 2 * piece_length};
    for (auto count = chance.between(1, 3); count != 0; --count)
        sizes.push_back(chance.below(2 * piece_length + piece_length / 2));
    for (std::uint64_t i = 0, count = chance.below(6); i != count; ++i)
    {
        auto const name = "f" + std::to_string(i);
        files.push_back(
            {chance.chance(70) ? std::vector{name} : std::vector<std::string>{"d", name},
             sizes[chance.below(sizes.size())]});
    }
    files.push_back({{"last"}, sizes.back() + 1});
    return files;
}

// Files that share pieces, some of them empty, some padding.
std::vector<test_file> draw_files(dice& chance, std::uint64_t piece_length)
{
    std::vector<test_file> files;
    auto const count = chance.chance(40) ? 1 : chance.between(2, 9);
    for (std::uint64_t i = 0; i != count; ++i)
    {
        auto const pieces = chance.chance(30) ? 0 : chance.below(1 + 24 / count);
        auto const size = pieces * piece_length + chance.below(piece_length);
        auto const name = "f" + std::to_string(i);
        files.push_back({chance.chance(70) ? std::vector{name} : std::vector<std::string>{"d", name}, size});
        if (chance.chance(20))
            files.push_back({{}, chance.below(2 * piece_length)});
    }
    files.push_back({{"last"}, chance.between(1, 3 * piece_length)});
    return files;
}

// Which are asked for ahead of their turn.
void add_small_files(dice chance, scenario& made)
{
    if (!chance.chance(20))
        return;
    for (auto count = chance.between(10, 60); count != 0; --count)
        made.files.push_back({{"s" + std::to_string(count)}, chance.below(made.piece_length)});
}

// Honest mirrors, too, may not be able to take requests ahead.
void draw_ahead(dice chance, scenario& made)
{
    for (auto& mirror : made.mirrors)
        if (chance.chance(40))
            mirror.ahead = static_cast<when_ahead>(chance.below(static_cast<std::uint64_t>(when_ahead::count_)));
}

mirror_manner draw_mirror(dice& chance, std::uint64_t number, bool is_honest)
{
    mirror_manner made;
    made.host = "m" + std::to_string(number);
    made.latency = std::chrono::milliseconds(1u << chance.below(10));
    made.rate = std::uint64_t{1} << chance.between(11, 24);
    made.variation_percent = static_cast<unsigned>(chance.below(2) * chance.below(60));
    made.reads_are_cut = chance.chance(30);
    if (chance.chance(30))
        made.speaks = chance.chance(65) ? speech::script : speech::misnamed;
    made.has_tags = chance.chance(50);
    made.is_secure = chance.chance(15);
    made.has_login = chance.chance(20);
    made.is_from_torrent = chance.chance(20);
    if (chance.chance(25))
        made.redirect_percent = static_cast<unsigned>(chance.chance(30) ? 100 : chance.between(1, 99));
    if (chance.chance(15))
        made.request_limit = static_cast<unsigned>(chance.between(1, 3));
    if (is_honest)
        return made;
    made.flips_inside = made.is_from_torrent && chance.chance(20);
    if (chance.chance(15))
        made.rate = chance.between(60, 1000); // just quick enough not to be given up
    made.wrong_percent = static_cast<unsigned>(chance.chance(20) ? 100 : chance.below(80));
    made.connect_fault_percent = static_cast<unsigned>(chance.chance(70) ? 0 : chance.below(101));
    made.wrong = all_wrong();
    if (chance.chance(40)) // of one mind
        made.wrong = {made.wrong[chance.below(made.wrong.size())]};
    return made;
}

disk_manner draw_disk(dice& chance, std::uint64_t pieces)
{
    constexpr int errors[] = {ENOSPC, EDQUOT, EIO, EROFS, EACCES, ESTALE, EFBIG, EMFILE};
    disk_manner made;
    if (chance.chance(30))
        made.operation_time = std::chrono::milliseconds(1u << chance.below(12));
    if (chance.chance(10))
    {
        made.fail_at = chance.between(1, 60);
        made.error = errors[chance.below(std::size(errors))];
        made.fails_for_ever = chance.chance(50);
    }
    if (chance.chance(30))
        made.short_percent = static_cast<unsigned>(chance.below(50));
    if (chance.chance(25))
        for (std::uint64_t i = 0; i != pieces; ++i)
            made.stored += "rrw."[chance.below(4)];
    return made;
}

void draw_options(dice& chance, scenario& made)
{
    auto& options = made.options;
    options.requesters_per_seed = static_cast<unsigned>(chance.between(1, 4));
    options.claim_size_first = made.piece_length << chance.below(6);
    options.claim_size_min = made.piece_length << chance.below(3);
    options.claim_size_max = made.piece_length << chance.between(3, 8);
    if (chance.chance(10))
        options.event_count_max = chance.between(1, 4);
    if (chance.chance(30))
        options.headers = {{"X-Token", std::string(mirror_manner::secret) + "-token"}};
    if (chance.chance(20))
        options.logins.push_back({"m0", "name", std::string(mirror_manner::secret) + "-m0's"});
    if (chance.chance(10))
        options.logins.push_back({"cdn-m1", "name", std::string(mirror_manner::secret) + "-cdn"});
    if (chance.chance(20))
        options.logins.push_back({"", "name", std::string(mirror_manner::secret) + "-any"});
}

// Into which pieces are cut; only where files begin, or not at all.
void draw_parts(dice chance, scenario& made)
{
    auto& options = made.options;
    if (made.disk.wrong_read_percent != 0) // whoever is to judge by what he reads can't
        options.part_size_max = 0;
    else if (chance.chance(60))
        options.part_size_max = std::max<std::uint64_t>(1, made.piece_length / chance.between(1, 12));
    if (chance.chance(60))
        options.claim_size_min = std::max<std::uint64_t>(1, options.part_size_max) << chance.below(3);
}

// So that it takes from a moment to some minutes.
void draw_rates(dice chance, scenario& made)
{
    if (!chance.chance(20))
        return;
    std::uint64_t size = 0;
    for (auto const& file : made.files)
        size += file.size;
    auto const draw = [&] { return chance.chance(60) ? 512 + size / chance.between(1, 60) : 0; };
    made.engine_rate_max = draw();
    made.options.rate_max = draw();
    made.options.seed_rate_max = draw();
}

void draw_actions(dice& chance, scenario& made)
{
    constexpr action::kind kinds[] = {
        action::kind::add_mirror,   action::kind::add_mirror, action::kind::remove_mirror, action::kind::remove_mirror,
        action::kind::add_nonsense, action::kind::look,       action::kind::look,          action::kind::sleep,
        action::kind::cancel,       action::kind::close,
    };
    if (chance.chance(50))
        return;
    for (auto count = chance.between(1, 4); count != 0; --count)
    {
        action one;
        one.what = kinds[chance.below(std::size(kinds))];
        one.at = chance.below(std::uint64_t{1} << chance.between(1, 11));
        one.which = one.what == action::kind::sleep ? chance.below(7200) : chance.below(made.mirrors.size());
        made.actions.push_back(one);
    }
    std::ranges::sort(made.actions);
}

// Makes a part of what was drawn for v1 a v2 torrent or a hybrid, and of another part not everything is wanted.
void draw_format(dice chance, scenario& made)
{
    constexpr torrent_format formats[] = {torrent_format::v1, torrent_format::v2, torrent_format::hybrid};
    made.format = formats[chance.chance(30) ? chance.between(1, 2) : 0];
    if (made.format != torrent_format::v1)
    {
        made.piece_length = std::uint64_t{16384} << chance.below(2) * chance.below(2);
        made.files = draw_v2_files(chance, made.piece_length);
        made.has_twins = chance.chance(60);
    }
    if (made.format == torrent_format::v2)
        for (auto& mirror : made.mirrors)
            if (mirror.speaks == speech::script) // which is asked by the info-hash of v1
                mirror.speaks = speech::files;
    if (chance.chance(75))
        return;
    for (auto const& file : made.files)
        if (!file.path.empty() && chance.chance(50))
            made.wanted.push_back(file.path.back());
}

} // namespace

std::string mirror_manner::url() const
{
    return (is_secure ? "https://" : "http://") + (has_login ? "user:" + password() + '@' : "") + host + "/";
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
    if (engine_rate_max + options.rate_max + options.seed_rate_max != 0)
        text += "bytes a second: " + number(engine_rate_max) + " of the engine, " + number(options.rate_max) +
                " of the download, " + number(options.seed_rate_max) + " of each mirror\n";
    text += options.headers.empty() && options.logins.empty() ? "" : "with secrets\n";
    for (auto const& mirror : mirrors)
    {
        text += mirror.host + ": " + number(mirror.rate) + " bytes/s, " +
                number(std::chrono::duration_cast<std::chrono::milliseconds>(mirror.latency).count()) + " ms, " +
                number(mirror.wrong_percent) + " % wrong, " + number(mirror.connect_fault_percent) + " % unreachable";
        if (mirror.speaks != speech::files)
            text += mirror.speaks == speech::script ? ", a script" : ", files where a script should be";
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
    for (auto const& one : actions)
        text += "\naction " + number(static_cast<int>(one.what)) + " at step " + number(one.at);
    return text;
}

scenario drawn_from(std::uint64_t seed)
{
    dice chance(seed);
    scenario made;
    made.name = "drawn";
    made.seed = seed;
    made.piece_length = std::uint64_t{1} << chance.between(4, chance.chance(20) ? 14 : 10);
    made.files = draw_files(chance, made.piece_length);
    add_small_files(dice(seed ^ 0x736d616c), made);
    auto const count = chance.between(1, 5);
    auto const honest = chance.chance(75) ? chance.below(count) : count;
    for (std::uint64_t i = 0; i != count; ++i)
        made.mirrors.push_back(draw_mirror(chance, i, i == honest || chance.chance(20)));
    draw_ahead(dice(seed ^ 0x61686561), made);
    draw_format(dice(seed ^ 0x76327632), made);
    draw_options(chance, made);
    draw_rates(dice(seed ^ 0x72617465), made);
    made.disk = draw_disk(chance, 64);
    if (seed % 3 == 0)
        made.disk.remember_every = 150ms * static_cast<int>(1 + seed % 7);
    draw_actions(chance, made);
    made.has_listener = chance.chance(80);
    if (chance.chance(10))
        made.disk.wrong_read_percent = static_cast<unsigned>(chance.between(1, 100));
    draw_parts(dice(seed ^ 0x70617274), made);
    return made;
}

scenario faultless_from(std::uint64_t seed)
{
    auto made = drawn_from(seed);
    made.name = "faultless";
    for (auto& mirror : made.mirrors)
    {
        mirror.wrong_percent = 0;
        mirror.connect_fault_percent = 0;
        mirror.variation_percent = 0;
        mirror.request_limit = 0;
        mirror.ahead = when_ahead::answers;
        mirror.flips_inside = false;
    }
    auto const before = made.disk;
    made.disk = {};
    made.disk.operation_time = before.operation_time;
    made.disk.remember_every = before.remember_every;
    made.actions.clear();
    return made;
}

namespace {

scenario small_one(std::uint64_t seed)
{
    scenario plain;
    plain.seed = seed;
    plain.piece_length = 64;
    plain.files = {{{"a"}, 200}, {{"d", "b"}, 100}, {{}, 20}, {{"c"}, 400}};
    plain.options.requesters_per_seed = 2;
    plain.options.claim_size_first = 128;
    plain.options.claim_size_min = 64;
    return plain;
}

} // namespace

scenario each_wrong_from(std::uint64_t seed)
{
    auto made = small_one(seed);
    made.name = "each";
    auto const all = all_wrong();
    mirror_manner wrong;
    wrong.host = "wrong";
    wrong.wrong = {all[seed % all.size()]};
    wrong.wrong_percent = 100;
    dice chance(seed);
    wrong.latency = std::chrono::milliseconds(chance.between(1, 20));
    wrong.has_tags = chance.chance(50);
    wrong.is_secure = chance.chance(50);
    wrong.is_from_torrent = chance.chance(50);
    mirror_manner good;
    good.host = "good";
    made.mirrors = {wrong, good};
    return made;
}

std::vector<scenario> named_scenarios(std::uint64_t seed)
{
    auto const plain = small_one(seed);
    mirror_manner good;
    good.host = "good";
    mirror_manner other = good;
    other.host = "other";
    other.latency = 70ms;
    auto const with = [&](char const* name, std::vector<mirror_manner> mirrors) {
        auto made = plain;
        made.name = name;
        made.mirrors = std::move(mirrors);
        return made;
    };
    auto const wrong = [&](std::vector<answer> how, unsigned percent) {
        auto made = other;
        made.wrong = std::move(how);
        made.wrong_percent = percent;
        return made;
    };
    auto dead = other;
    dead.host = "dead";
    dead.connect_fault_percent = 100;
    auto varied = other;
    varied.variation_percent = 100;
    varied.reads_are_cut = true;
    auto script = good;
    script.host = "script";
    script.speaks = speech::script;
    auto misnamed = varied;
    misnamed.host = "misnamed";
    misnamed.speaks = speech::misnamed;
    auto bad_script = wrong({answer::busy, answer::other_length, answer::reset_within, answer::not_found}, 50);
    bad_script.speaks = speech::script;
    auto redirecting = good;
    redirecting.redirect_percent = 60;
    auto astray = wrong({answer::redirect_loop, answer::redirect_chain, answer::redirect_nowhere}, 60);
    auto limited = good;
    limited.request_limit = 1;
    auto inside = wrong({answer::redirect_inside, answer::redirect_away}, 50);
    inside.is_from_torrent = true;
    inside.flips_inside = true;
    auto secret = redirecting;
    secret.has_login = true;
    auto named = wrong({answer::forbidden, answer::redirect_dead}, 30);
    named.is_from_torrent = true;
    named.has_login = true;
    auto slow = good;
    slow.rate = 1000;
    auto slow_too = other;
    slow_too.rate = 1000;
    std::vector<scenario> all = {
        with("one_mirror", {good}),
        with("two_mirrors", {good, other}),
        with("dead_mirror", {dead, good}),
        with("liar", {wrong({answer::corrupt, answer::stale}, 100), good}),
        with("breaking_mirror", {wrong({answer::reset_within, answer::short_body, answer::silence_within}, 60), good}),
        with("busy_mirror", {wrong({answer::busy, answer::busy_retry_after}, 70), good}),
        with("incomplete_mirror", {wrong({answer::not_found, answer::forbidden}, 70), good}),
        with("varied_mirrors", {varied}),
        with("everything_wrong", {wrong(all_wrong(), 100), dead}),
        with("partly_stored", {good, other}),
        with("slow_disk", {good, other}),
        with("full_disk", {good, other}),
        with("scripts", {script, bad_script}),
        with("misnamed_mirror", {misnamed}),
        with("twins", {good, other}),
        with("hybrid", {script, other}),
        with("selection", {good, other}),
        with("redirecting_mirror", {redirecting, astray}),
        with("limited_mirror", {limited}),
        with("moved_inside", {inside, good}),
        with("credentials", {secret, named}),
        with("rates", {good, other}),
        with("parts", {wrong({answer::corrupt, answer::stale, answer::reset_within}, 40), good, other}),
        with("large_pieces", {slow, slow_too}),
    };
    for (auto const i : {1u, 3u, 4u, 6u, 9u, 11u, 14u, 15u, 16u, 18u})
        all[i].disk.remember_every = 60ms;
    all[9].disk.stored = "rwr.wrrr.wr.";
    all[10].disk.operation_time = 300ms;
    all[11].disk.room = 500;
    constexpr std::uint64_t block = 16384;
    auto& twins = all[14];
    twins.format = torrent_format::v2;
    twins.piece_length = block;
    twins.files = {{{"a"}, block + 9}, {{"b"}, 30}, {{"d", "c"}, block + 9}, {{"e"}, 0}, {{"f"}, block + 9}};
    twins.has_twins = true;
    twins.disk.wrong_read_percent = 30;
    twins.options.part_size_max = 0;
    auto& hybrid = all[15];
    hybrid.format = torrent_format::hybrid;
    hybrid.piece_length = block;
    hybrid.files = {{{"a"}, 20}, {{"b"}, block + 1}, {{"d", "c"}, 20}, {{"e"}, 0}};
    hybrid.has_twins = true;
    all[20].options.headers = {{"X-Token", std::string(mirror_manner::secret) + "-token"}};
    all[20].options.logins = {{"cdn-good", "name", std::string(mirror_manner::secret) + "-cdn"}};
    all[21].engine_rate_max = 2000;
    all[21].options.rate_max = 1500;
    all[21].options.seed_rate_max = 1000;
    all[22].options.part_size_max = all[22].options.claim_size_min = 10;
    all[22].disk.remember_every = 60ms;
    all[23].piece_length = 256;
    all[23].options.part_size_max = all[23].options.claim_size_min = 10;
    all[23].disk.remember_every = 60ms; // in which a part of a piece comes
    all[16].wanted = {"a", "c"};
    all[16].files = {{{"u"}, 90}, {{"a"}, 200}, {{"d", "b"}, 300}, {{}, 20}, {{"c"}, 400}, {{"v"}, 100}};
    return all;
}

} // namespace webseed::test::sim
