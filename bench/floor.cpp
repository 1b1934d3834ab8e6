// The least that a client can do: blocking sockets, one thread for each connection, and for each buffer of at most
// 256 KiB one receive, one step of the digest and one write. The harness measures all others against it.
//
// It needs no torrent: the harness gives it a plan, a text of words between white space:
//   plan  = piece-length file-count piece-count *file *piece
//   file  = size target name      in the order of the torrent, none empty; target: the path of the URL, escaped
//   piece = 40 hexadecimal digits in v1, 64 in v2 (which must be of one file), 104 in both
// Each thread takes an equal run of pieces, and asks once for each file, or part of a file, in its run. With one
// request in flight it waits for each response, and on small files mostly measures how fast the two sides wake each
// other; a few in flight spare both that.
//
// It can also do a part of its work alone, with other bytes in place of those that it doesn't receive: that is how the
// machine's own limits are found out.
#include "verifier.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t buffer_size = 256 * 1024;

struct file
{
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string target;
    std::string name;

    std::uint64_t end() const noexcept { return offset + size; }
};

struct plan
{
    std::uint64_t piece_length = 0;
    std::uint64_t total_size = 0;
    std::vector<file> files;
    std::vector<std::string> pieces; // hashes
};

void require(bool condition, char const* what)
{
    if (!condition)
        throw std::runtime_error(what);
}

/// Throws what errno says where a system call returned less than it should.
template <typename Number>
Number checked(Number result, char const* what)
{
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), what);
    return result;
}

template <typename Number>
Number number(std::string_view text, int base = 10)
{
    Number value{};
    auto const parsed = std::from_chars(text.data(), text.data() + text.size(), value, base);
    require(parsed.ec == std::errc{}, "not a number");
    return value;
}

std::string_view next_word(std::string_view& text)
{
    constexpr std::string_view white = " \n";
    text.remove_prefix(std::min(text.find_first_not_of(white), text.size()));
    auto const word = text.substr(0, text.find_first_of(white));
    require(!word.empty(), "the plan is cut short");
    text.remove_prefix(word.size());
    return word;
}

plan read_plan(char const* path)
{
    std::ifstream stream(path, std::ios::binary);
    require(stream.is_open(), "cannot open the plan");
    std::string const bytes{std::istreambuf_iterator<char>(stream), {}};
    std::string_view text = bytes;

    plan result;
    result.piece_length = number<std::uint64_t>(next_word(text));
    result.files.resize(number<std::size_t>(next_word(text)));
    result.pieces.resize(number<std::size_t>(next_word(text)));
    for (auto& entry : result.files)
    {
        entry.offset = result.total_size;
        entry.size = number<std::uint64_t>(next_word(text));
        entry.target = next_word(text);
        entry.name = next_word(text);
        result.total_size += entry.size;
    }
    for (auto& piece : result.pieces)
    {
        auto const digits = next_word(text);
        for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
            piece += static_cast<char>(number<unsigned char>(digits.substr(i, 2), 16));
    }
    return result;
}

void make_directories(plan const& work)
{
    std::filesystem::path last;
    for (auto const& entry : work.files)
    {
        auto parent = std::filesystem::path(entry.name).parent_path();
        if (parent == last)
            continue;
        std::filesystem::create_directories(parent);
        last = std::move(parent);
    }
}

/// A part of a file that is asked for at once.
struct slice
{
    file const& entry;
    std::uint64_t offset; // in the file
    std::uint64_t size;
};

/// The slices that a stretch of the content consists of, one after the other.
class slice_cursor
{
public:
    slice_cursor(plan const& work, std::uint64_t begin, std::uint64_t end)
        : entry_(std::find_if(work.files.begin(), work.files.end(), [=](file const& f) { return begin < f.end(); }))
        , offset_(begin)
        , end_(end)
    {}

    bool is_done() const noexcept { return offset_ == end_; }
    slice get() const { return {*entry_, offset_ - entry_->offset, std::min(entry_->end(), end_) - offset_}; }

    void advance()
    {
        offset_ = std::min(entry_->end(), end_);
        ++entry_;
    }

private:
    std::vector<file>::const_iterator entry_;
    std::uint64_t offset_;
    std::uint64_t end_;
};

class descriptor
{
public:
    explicit descriptor(int value) noexcept
        : value_(value)
    {}
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    ~descriptor() { ::close(value_); }

    int get() const noexcept { return value_; }

private:
    int value_;
};

/// One keep-alive connection and its buffer.
class connection
{
public:
    connection(std::string const& host, std::uint16_t port)
        : host_(host)
        , socket_(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"))
        , buffer_(std::make_unique_for_overwrite<char[]>(buffer_size))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        require(::inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1, "HOST is not an IPv4 address");
        checked(::connect(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address), "connect");
    }

    /// Sends a request. Responses come in the order of the requests.
    void ask(slice const& part)
    {
        auto const& target = part.entry.target;
        std::array<char, 4096> request;
        int length = 0;
        if (part.size == part.entry.size)
            length = std::snprintf(
                request.data(), request.size(), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target.c_str(), host_.c_str());
        else
            length = std::snprintf(
                request.data(), request.size(), "GET %s HTTP/1.1\r\nHost: %s\r\nRange: bytes=%ju-%ju\r\n\r\n",
                target.c_str(), host_.c_str(), std::uintmax_t{part.offset},
                std::uintmax_t{part.offset + part.size - 1});
        auto const size = static_cast<std::size_t>(length);
        require(size < request.size(), "the request is too long");
        auto const sent = checked(::send(socket_.get(), request.data(), size, MSG_NOSIGNAL), "send");
        require(sent == length, "the request was sent in part");
    }

    /// Reads the head of the response for `part`; its body is to be read next.
    void read_head(slice const& part)
    {
        std::memmove(buffer_.get(), unread_.data(), unread_.size());
        std::size_t received = unread_.size();
        std::string_view head(buffer_.get(), received);
        std::size_t end = 0;
        while ((end = head.find("\r\n\r\n")) == head.npos)
        {
            received += receive(received);
            head = {buffer_.get(), received};
        }
        auto const body = end + 4;
        unread_ = {buffer_.get() + body, received - body};
        check_head(head.substr(0, body), part);
    }

    /// The next bytes of the body, at most `size`; valid until the next call.
    std::span<char const> read(std::uint64_t size)
    {
        if (unread_.empty())
            unread_ = {buffer_.get(), receive(0)};
        auto const bytes = unread_.first(std::min<std::uint64_t>(unread_.size(), size));
        unread_ = unread_.subspan(bytes.size());
        return bytes;
    }

private:
    std::size_t receive(std::size_t begin)
    {
        auto const count = checked(::recv(socket_.get(), buffer_.get() + begin, buffer_size - begin, 0), "recv");
        require(count > 0, "the server closed the connection or its head is too long");
        return static_cast<std::size_t>(count);
    }

    static void check_head(std::string_view head, slice const& part)
    {
        constexpr std::string_view name = "\r\nContent-Length: ";
        bool const whole = part.size == part.entry.size;
        require(head.starts_with(whole ? "HTTP/1.1 200" : "HTTP/1.1 206"), "not the status that was expected");
        auto const field = head.find(name);
        require(field != head.npos, "no Content-Length");
        auto const value = head.substr(field + name.size());
        require(number<std::uint64_t>(value) == part.size, "not the length that was asked for");
    }

    std::string const& host_;
    descriptor socket_;
    std::unique_ptr<char[]> buffer_;
    std::span<char const> unread_;
};

void write_all(int out, std::span<char const> bytes, std::uint64_t offset)
{
    while (!bytes.empty())
    {
        auto const count = checked(::pwrite(out, bytes.data(), bytes.size(), static_cast<off_t>(offset)), "pwrite");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

struct options
{
    std::uint64_t connections = 1;
    std::uint64_t in_flight = 1; // requests of each connection
    std::string host;
    std::uint16_t port = 0;
    bool receives = true;
    bool digests = true;
    bool writes = true;
};

std::span<char const> other_bytes()
{
    static std::vector<char> const bytes(buffer_size, 'x');
    return bytes;
}

/// Fetches the pieces from `first` to before `last`.
void fetch(plan const& work, std::uint64_t first, std::uint64_t last, options const& settings)
{
    std::optional<connection> server;
    if (settings.receives)
        server.emplace(settings.host, settings.port);
    bench::verifier digest(work.pieces, work.piece_length, work.total_size, settings.receives);
    digest.begin(first);
    slice_cursor asked(work, first * work.piece_length, std::min(last * work.piece_length, work.total_size));
    std::uint64_t in_flight = 0;
    for (auto next = asked; !next.is_done(); next.advance(), --in_flight)
    {
        for (; in_flight < settings.in_flight && !asked.is_done(); asked.advance(), ++in_flight)
            if (server)
                server->ask(asked.get());
        auto const part = next.get();
        auto const* const name = part.entry.name.c_str();
        std::optional<descriptor> out;
        if (settings.writes)
            out.emplace(checked(::open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666), name));
        if (server)
            server->read_head(part);
        for (std::uint64_t done = 0; done < part.size;)
        {
            auto const left = part.size - done;
            auto const bytes =
                server ? server->read(left) : other_bytes().first(std::min<std::uint64_t>(left, buffer_size));
            if (settings.digests)
                digest.update(bytes);
            if (out)
                write_all(out->get(), bytes, part.offset + done);
            done += bytes.size();
        }
    }
}

void run(options const& settings, char const* plan_path, char const* directory)
{
    plan const work = read_plan(plan_path);
    std::filesystem::current_path(directory);
    if (settings.writes)
        make_directories(work);

    std::atomic<bool> failed = false;
    auto const fetch_share = [&](std::uint64_t i) {
        try
        {
            auto const count = work.pieces.size();
            fetch(work, count * i / settings.connections, count * (i + 1) / settings.connections, settings);
        }
        catch (std::exception const& error)
        {
            std::fprintf(stderr, "floor: %s\n", error.what());
            failed = true;
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::uint64_t i = 1; i < settings.connections; ++i)
            others.emplace_back(fetch_share, i);
        fetch_share(0);
    }
    require(!failed, "not all pieces are there");
}

} // namespace

int main(int count, char** arguments)
{
    std::span<char*> const words(arguments, static_cast<std::size_t>(count));
    if (words.size() != 7 && words.size() != 8)
    {
        std::fprintf(stderr, "usage: floor CONNECTIONS IN-FLIGHT HOST PORT PLAN DIRECTORY [receive|digest|write]\n");
        return 2;
    }
    try
    {
        std::string_view const part = words.size() == 8 ? words[7] : "";
        options settings{
            number<std::uint64_t>(words[1]), number<std::uint64_t>(words[2]), words[3],
            number<std::uint16_t>(words[4])};
        settings.receives = part.empty() || part == "receive";
        settings.digests = part.empty() || part == "digest";
        settings.writes = part.empty() || part == "write";
        run(settings, words[5], words[6]);
        return 0;
    }
    catch (std::exception const& error)
    {
        std::fprintf(stderr, "floor: %s\n", error.what());
        return 1;
    }
}
