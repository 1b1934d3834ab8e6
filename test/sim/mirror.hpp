// A mirror of the simulated world: answers as its manner says, and keeps account of what it did wrong.
#pragma once

#include "sim/scenario.hpp"
#include "sim/site.hpp"
#include "support/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace webseed::test::sim {

/// Of what nobody outside may make us ask: as URLs have them.
inline constexpr char const* hosts_inside[] = {
    "10.0.0.1", "127.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "localhost", "inside",
};

class mirror
{
public:
    /// What it has of the world around it.
    struct surroundings
    {
        std::shared_ptr<site const> content;
        download_options const& options; // must outlive it
        std::function<time_point()> now;
        std::function<void(std::string)> note; // told what it does
        // Told of each connection on which something is under way until the token expires, or at the latest until then.
        std::function<void(std::string const& host, std::uint64_t connection, std::weak_ptr<int> token, time_point end)>
            asked = [](auto&&...) {};
    };
    /// @param number  of those of a world.
    mirror(mirror_manner manner, surroundings around, dice chance, std::size_t number);

    connect_outcome connect();
    /// Where `host` is, for one attempt to connect.
    asio::ip::address address(std::string const& host);
    /// @param host  which of its hosts was asked.
    std::vector<step> respond(request const& asked, std::string const& host);
    /// From now on the user may have named it, whoever did so before.
    void may_be_users() noexcept { is_named_anew_ = true; }
    /// What it has wished may never have been heard.
    void forget_wishes();
    /// Of a host that it shares with others, one of them says how it is reached: this one was reached, too, or failed.
    void shares_address(std::string const& host) { ++gates_[host].found_public; }
    void shares_fault() noexcept { ++account_.faults; }

    mirror_manner const& manner() const noexcept { return manner_; }

    struct account
    {
        std::uint64_t requests = 0;
        std::uint64_t bytes_asked = 0;
        std::uint64_t faults = 0;     // answers and connections that may cost a claim
        std::uint64_t bad_bytes = 0;  // or runs of bytes: no more pieces can be wrong
        std::uint64_t varied = 0;     // right answers after which a request may have to be repeated
        std::uint64_t probes = 0;     // requests for a script, and there is none
        std::uint64_t cut_off = 0;    // answers that it broke off, and connections
        std::uint64_t padding = 0;    // bytes of it that were asked for with others
        std::uint64_t page_bytes = 0; // of bodies, that explain a status or stand before what was asked for
        std::uint64_t redirected = 0;
        std::uint64_t ahead = 0;             // requests that came ahead of their turn
        std::uint64_t refused = 0;           // for there were too many at once
        std::uint64_t hurried = 0;           // requests though it was to be left alone
        duration wished{};                   // that it wanted to be left alone, all in all
        std::vector<std::string> complaints; // of what nobody may do
        bool was_busy = false;
        bool was_missing = false;
    };
    account const& so_far() const noexcept { return account_; }

private:
    struct reply
    {
        std::string status;
        std::string fields;
        std::string body;
        /// Head and body as they go over the line.
        std::string text() const;
    };

    struct work
    {
        std::weak_ptr<int> token; // until the answer has come, or nobody waits for it any more
        time_point end;           // or this, where nobody looks whether more has come
    };
    // One of its two hosts.
    struct gate
    {
        std::vector<work> under_way;
        std::uint64_t found_public = 0; // so often it could be connected to
        time_point told{};              // when it was known that it is to be left alone
        time_point closed_until{};
    };

    std::vector<step> pose(request const& asked);
    void complain(std::string what);
    void check_fields(request const& asked, std::string const& host);
    std::string authorization_for(std::string const& host) const;
    void check_gate(request const& asked, std::string const& host);
    std::vector<step> answer_ahead(request const& asked);
    std::vector<step> answer_at(request asked, std::string const& host);
    std::vector<step> refuse();
    std::string draw_wish();
    void count(std::vector<step>& steps, gate& here, request const& asked, std::string const& host);
    std::string below(std::string const& path) const;
    std::string moved_to(request const& asked, std::string const& host);
    std::vector<step> send_to(std::string const& location, std::string const& fields = {});
    std::vector<step> lead_on(request const& asked);
    std::vector<step> mislead(answer how, request const& asked);
    std::vector<step> respond_with_file(request const& asked);
    std::vector<step> respond_as_script(request const& asked);
    std::vector<step> respond_to_probe(request const& asked);
    std::vector<step> misleading_script_steps(answer how, reply made);
    void lengthen(reply& made);
    std::vector<step> page_steps();
    std::vector<step> right_steps(answer how, reply made);
    answer draw();
    reply right_reply(request const& asked, file_entry const& file, byte_range range);
    std::vector<step> wrong_steps(answer how, request const& asked, file_entry const& file);
    std::vector<step> wrong_bytes_steps(answer how, reply made);
    std::vector<step> broken_off_steps(answer how, reply const& made);
    std::vector<step> misleading_steps(answer how, request const& asked, file_entry const& file, reply made);
    std::vector<step> refusal_steps(answer how, request const& asked, std::string const& right);
    std::vector<step> in_time(std::string const& bytes);
    std::vector<step> status_steps(std::string const& status, std::string const& fields = {});
    std::string chunked(reply const& made);

    mirror_manner manner_;
    std::shared_ptr<site const> site_;
    dice dice_;
    download_options const& options_;
    std::function<time_point()> now_;
    std::function<void(std::string)> note_;
    std::function<void(std::string const&, std::uint64_t, std::weak_ptr<int>, time_point)> asked_;
    std::size_t number_;
    std::map<std::string, gate> gates_;
    std::optional<duration> wish_; // in the answer that is being made
    std::size_t surplus_ = 0;      // bytes behind what was asked for, likewise
    bool is_named_anew_ = false;
    bool is_taken_for_script_ = false; // though there is none
    account account_;
};

} // namespace webseed::test::sim
