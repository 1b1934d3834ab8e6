// Downloads through the public face in the scripted world: any files, any storage, whatever seeds a test brings.
#pragma once

#include "support/world.hpp"

#include <webseed/engine.hpp>
#include <webseed/storage.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace webseed::test {

/// A file and what is in it; without a name it is padding, and its content zeros.
struct made_file
{
    std::string name;
    std::string content;
};

inline made_file padding(std::size_t size)
{
    return {"", std::string(size, '\0')};
}

/// A torrent "t" of these files, with the right hashes.
metainfo torrent_with(std::vector<made_file> const& files, std::uint64_t piece_length);
/// Serves these files below /t/, and 404 for all else.
server serving(std::vector<made_file> files);

/// What lies in a storage, and what goes wrong there. Hooks are called before an operation; their error is its error.
struct shelf
{
    std::string bytes;
    std::vector<byte_range> stored;
    std::function<error_code(diagnostics&)> on_open = [](diagnostics&) { return error_code(); };
    std::function<error_code(diagnostics&)> on_complete = on_open;
    std::function<error_code(diagnostics&)> on_close = on_open;
    std::function<error_code()> on_read = [] { return error_code(); };
    std::function<error_code()> on_write = on_read;
    int closes = 0;

    /// What an earlier run has left, a character a piece, '1' if it is verified; without it nothing is remembered.
    std::optional<std::string> known;
    std::vector<byte_range> begun;
    /// Told in the same way what to remember; and what was begun then, as it was told last. How long it takes.
    std::function<error_code(std::string)> on_remember = [](std::string const&) { return error_code(); };
    std::vector<byte_range> told_begun;
    std::function<asio::awaitable<void>()> before_remembering;
    /// How long a write takes.
    std::function<asio::awaitable<void>()> before_writing;
};

/// @param holds  must outlive the storage.
std::unique_ptr<storage> make_storage(shelf& holds, metainfo const& torrent);

class embedded
{
public:
    explicit embedded(std::vector<made_file> files, std::uint64_t piece_length = 16, engine_options how = {});
    ~embedded();

    /// A seed http://`host`/ that serves the files, or answers otherwise.
    void add_good_seed(std::string const& host) { add_seed(host, serving(files)); }
    void add_seed(std::string const& host, server answers);

    /// Starts the download, without running anything yet.
    void start();
    /// Starts it, if need be, and runs until it has ended, or nothing more can happen. Returns how it ended.
    error_code run();
    bool has_ended() const noexcept { return ended_.has_value(); }
    /// Those of all files, one after the other.
    std::string content() const;

    /// What has been told since the last call.
    std::vector<event> events();

    world outside;
    std::vector<made_file> files;
    metainfo torrent;
    download_options options;
    shelf holds;
    engine on;
    download running;

private:
    std::vector<std::string> urls_;
    bool is_started_ = false;
    std::optional<error_code> ended_;
};

} // namespace webseed::test
