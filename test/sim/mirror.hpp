// A mirror of the simulated world: answers as its manner says, and keeps account of what it did wrong.
#pragma once

#include "sim/scenario.hpp"
#include "sim/site.hpp"
#include "support/world.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace webseed::test::sim {

class mirror
{
public:
    /// @param note  told what it does.
    mirror(
        mirror_manner manner, std::shared_ptr<site const> content, dice chance, std::function<void(std::string)> note);

    connect_outcome connect();
    std::vector<step> respond(request const& asked);

    mirror_manner const& manner() const noexcept { return manner_; }
    std::string url() const { return "http://" + manner_.host + "/"; }

    struct account
    {
        std::uint64_t requests = 0;
        std::uint64_t bytes_asked = 0;
        std::uint64_t faults = 0;    // answers and connections that may cost a claim
        std::uint64_t bad_bytes = 0; // or runs of bytes: no more pieces can be wrong
        std::uint64_t varied = 0;    // right answers after which a request may have to be repeated
        std::uint64_t probes = 0;    // requests for a script, and there is none
        std::uint64_t padding = 0;   // bytes of it that were asked for with others
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

    std::vector<step> pose();
    std::vector<step> respond_with_file(request const& asked);
    std::vector<step> respond_as_script(request const& asked);
    std::vector<step> respond_to_probe(request const& asked);
    std::vector<step> misleading_script_steps(answer how, reply made);
    std::vector<step> page_steps();
    std::vector<step> right_steps(answer how, reply made);
    answer draw();
    reply right_reply(request const& asked, file_entry const& file, byte_range range) const;
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
    std::function<void(std::string)> note_;
    account account_;
};

} // namespace webseed::test::sim
