// The scenarios that have a name, and those in which each answer is wrong in one way.
#include "sim/scenario.hpp"

#include <utility>

namespace webseed::test::sim {

using namespace std::chrono_literals;

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

namespace {

// Of a file that is wanted and two that aren't, after one another, here and there, and not to the end.
void add_readers(scenario& made)
{
    made.files = {{{"a"}, 200}, {{"u"}, 300}, {{"v"}, 150}, {{"c"}, 300}};
    made.wanted = {"a", "c"};
    made.options.stays = true;
    made.options.part_size_max = made.options.claim_size_min = 20;
    made.disk.remember_every = 60ms;
    reader_manner steady{.begins_at = 20, .file = 1, .from = 10, .reads = 4, .size_max = 50, .options = {}};
    reader_manner jumping{
        .begins_at = 60,
        .file = 1,
        .reads = 5,
        .together = 2,
        .size_max = 90,
        .jump_percent = 70,
        .leaves = true,
        .options = {}};
    reader_manner impatient{
        .begins_at = 5, .file = 3, .from = 200, .reads = 4, .size_max = 80, .impatient_percent = 60, .options = {}};
    made.readers = {steady, jumping, impatient};
    made.actions = {{90, action::kind::select, 2}, {150, action::kind::give_up, 0}};
}

// One whose storage hangs, and one that has a host of the first one's.
void add_others(scenario& made, mirror_manner const& shared)
{
    auto const plain = small_one(made.seed);
    auto hung = plain;
    hung.name = "hung";
    hung.begins_at = 5;
    hung.mirrors.emplace_back().host = "far";
    hung.files = {{{"a"}, 100}};
    hung.disk.operation_time = 10min;
    auto near = plain;
    near.name = "near";
    near.begins_at = 100;
    near.mirrors = {shared};
    near.mirrors.front().directory = "near";
    near.readers = {{.file = 1, .reads = 2, .size_max = 60, .options = {}}};
    made.others = {hung, near};
    made.engine.buffered_size_max = 1u << 20;
    made.engine.host_requests_max = 2;
}

} // namespace

std::vector<scenario> named_scenarios(std::uint64_t seed)
{
    auto const plain = small_one(seed);
    mirror_manner good;
    good.host = "good";
    mirror_manner other = good;
    other.host = "other";
    other.latency = 70ms;
    mirror_manner third = other;
    third.host = "third";
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
        with("parts", {wrong({answer::corrupt, answer::stale, answer::reset_within}, 40), good, third}),
        with("readers", {wrong({answer::corrupt, answer::reset_within}, 30), good}),
        with("kept", {good, other}),
        with("several", {good, other}),
        with("hints", {dead, good, other}),
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
    all[21].engine.rate_max = 2000;
    all[21].options.rate_max = 1500;
    all[21].options.seed_rate_max = 1000;
    all[22].options.part_size_max = all[22].options.claim_size_min = 10;
    all[22].disk.remember_every = 60ms;
    add_readers(all[23]);
    all[24].kept_size_max = 200;
    all[24].readers = {
        {.file = 2, .reads = 6, .size_max = 150, .options = {}},
        {.file = 2, .reads = 3, .together = 2, .size_max = 90, .options = {}}};
    add_others(all[25], other);
    all[26].known_servers = hints_from(dice(seed), all[26].mirrors);
    all[27].piece_length = 256;
    all[27].options.part_size_max = all[27].options.claim_size_min = 10;
    all[27].disk.remember_every = 60ms; // in which a part of a piece comes
    all[16].wanted = {"a", "c"};
    all[16].files = {{{"u"}, 90}, {{"a"}, 200}, {{"d", "b"}, 300}, {{}, 20}, {{"c"}, 400}, {{"v"}, 100}};
    return all;
}

} // namespace webseed::test::sim
