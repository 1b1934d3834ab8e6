#include "sim/scenario.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace webseed::test::sim {

using namespace std::chrono_literals;

std::vector<answer> all_wrong()
{
    std::vector<answer> all;
    for (auto how = answer::reset_at_once; how != answer::count_;
         how = static_cast<answer>(static_cast<unsigned>(how) + 1))
        all.push_back(how);
    return all;
}

namespace {

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

// Honest mirrors, too, may not be able to take requests ahead, or to send a part of a piece.
void draw_ahead(dice chance, scenario& made)
{
    for (auto& mirror : made.mirrors)
        if (chance.chance(40))
            mirror.ahead = static_cast<when_ahead>(chance.below(static_cast<std::uint64_t>(when_ahead::count_)));
    for (auto& mirror : made.mirrors)
        mirror.sends_whole = mirror.speaks == speech::script && chance.chance(30);
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
    made.engine.rate_max = draw();
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

// Of any file, wanted or not, here and there or in a row, alone or several at once.
void draw_readers(dice chance, scenario& made)
{
    if (!chance.chance(25))
        return;
    std::uint64_t largest = 1;
    for (auto const& file : made.files)
        largest = std::max(largest, file.size);
    for (auto count = chance.between(1, 3); count != 0; --count)
    {
        reader_manner one;
        one.begins_at = chance.below(std::uint64_t{1} << chance.between(1, 11));
        one.file = chance.below(made.readers.empty() ? 12 : 2); // often the same
        one.from = chance.chance(40) ? 0 : chance.next();
        one.reads = static_cast<unsigned>(chance.between(1, 12));
        one.together = static_cast<unsigned>(chance.chance(60) ? 1 : chance.between(2, 4));
        one.size_max = 1 + chance.below(chance.chance(50) ? 2 * made.piece_length : largest + 10);
        one.jump_percent = static_cast<unsigned>(chance.below(2) * chance.below(101));
        one.impatient_percent = static_cast<unsigned>(chance.below(2) * chance.below(80));
        one.leaves = chance.chance(30);
        one.options.read_ahead_min = chance.below(2) * chance.below(3 * made.piece_length);
        one.options.read_ahead_max = chance.chance(50) ? 32u << 20 : chance.below(4 * made.piece_length);
        if (chance.chance(20))
            one.options.read_ahead_end = chance.below(largest);
        made.readers.push_back(one);
    }
    made.disk.wrong_read_percent = 0; // who reads from such a disk gets wrong bytes
    made.options.stays = chance.chance(50);
    if (!chance.chance(20))
        return;
    made.kept_size_max = made.piece_length * chance.between(1, 8) + chance.below(made.piece_length);
    made.disk = {};
    made.disk.operation_time = std::chrono::milliseconds(chance.below(50));
}

// Files that are selected, and given up.
void draw_selections(dice chance, scenario& made)
{
    if (!chance.chance(15))
        return;
    for (auto count = chance.between(1, 4); count != 0; --count)
    {
        action one;
        one.what = chance.chance(60) ? action::kind::select : action::kind::give_up;
        one.at = chance.below(std::uint64_t{1} << chance.between(1, 11));
        one.which = chance.below(12);
        made.actions.push_back(one);
    }
    std::ranges::sort(made.actions);
}

scenario one_drawn_from(std::uint64_t seed)
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
    draw_readers(dice(seed ^ 0x72656164), made);
    draw_selections(dice(seed ^ 0x73656c65), made);
    draw_parts(dice(seed ^ 0x70617274), made);
    made.known_servers = hints_from(dice(seed ^ 0x6b6e6f77), made.mirrors);
    return made;
}

// Its hosts are its own; but for one of the first one's, perhaps.
void settle_beside(dice& chance, scenario const& first, scenario& made, std::string const& name)
{
    for (auto& mirror : made.mirrors)
        mirror.host = name + '-' + mirror.host;
    for (auto& login : made.options.logins)
        if (!login.host.empty())
            login.host = name + '-' + login.host;
    auto const& shared = first.mirrors[chance.below(first.mirrors.size())];
    auto const is_odd = shared.connect_fault_percent != 0 || shared.flips_inside;
    if (!chance.chance(50) || is_odd || (made.format == torrent_format::v2 && shared.speaks == speech::script))
        return;
    auto& mirror = made.mirrors[chance.below(made.mirrors.size())];
    mirror = shared;
    mirror.directory = name;
}

// Other downloads of the same engine, any at all; and what they have to share.
void draw_others(dice chance, scenario& made)
{
    if (!chance.chance(20))
        return;
    for (auto count = chance.chance(70) ? 1 : chance.between(2, 3); count != 0; --count)
    {
        auto other = one_drawn_from(chance.next());
        other.begins_at = chance.below(std::uint64_t{1} << chance.between(1, 11));
        settle_beside(chance, made, other, "x" + std::to_string(count));
        if (chance.chance(20))
            other.disk.operation_time = std::chrono::minutes(chance.between(1, 3));
        made.others.push_back(std::move(other));
    }
    if (chance.chance(40))
        made.engine.requests_max = static_cast<unsigned>(chance.between(1, 6));
    if (chance.chance(40))
        made.engine.host_requests_max = static_cast<unsigned>(chance.between(1, 4));
    if (chance.chance(50)) // so much that each that hangs leaves something to the others
        made.engine.buffered_size_max = std::uint64_t{512 * 1024} << made.others.size();
}

void take_faults_from(scenario& made)
{
    made.name = "faultless";
    for (auto& mirror : made.mirrors)
    {
        mirror.wrong_percent = 0;
        mirror.connect_fault_percent = 0;
        mirror.variation_percent = 0;
        mirror.request_limit = 0;
        mirror.sends_whole = false;
        mirror.ahead = when_ahead::answers;
        mirror.flips_inside = false;
    }
    auto const before = made.disk;
    made.disk = {};
    made.disk.operation_time = before.operation_time;
    made.disk.remember_every = before.remember_every;
    made.actions.clear();
}

} // namespace

scenario drawn_from(std::uint64_t seed)
{
    auto made = one_drawn_from(seed);
    draw_others(dice(seed ^ 0x6f746865), made);
    return made;
}

scenario faultless_from(std::uint64_t seed)
{
    auto made = drawn_from(seed);
    take_faults_from(made);
    for (auto& other : made.others)
        take_faults_from(other);
    return made;
}

} // namespace webseed::test::sim
