// Loads a .torrent file, and tells how long it took and how much the process grew for it: FILE.
#include <webseed/metainfo.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

// The most that the process has had so far, in KiB. Not getrusage's, which begins with that of the parent.
long peak()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (word == "VmHWM:" && status >> word)
            return std::stol(word);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 2)
        return 2;
    std::vector<char> bytes(std::filesystem::file_size(argv[1]));
    std::ifstream(argv[1], std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    auto const before = peak();
    auto const start = std::chrono::steady_clock::now();
    auto const torrent = webseed::metainfo::parse(std::as_bytes(std::span(bytes)));
    auto const took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!torrent)
        return 1;
    std::printf("%zu %.6f %ld\n", torrent->files().size(), took, peak() - before);
}
