// A directory of its own for a test, gone at its end.
#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <stdlib.h>

namespace webseed::test {

class temporary_directory
{
public:
    explicit temporary_directory(std::filesystem::path const& parent = std::filesystem::temp_directory_path())
    {
        auto name = (parent / "webseed-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "mkdtemp");
        path_ = name;
    }
    temporary_directory(temporary_directory const&) = delete;
    temporary_directory& operator=(temporary_directory const&) = delete;
    ~temporary_directory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::filesystem::path const& path() const { return path_; }
    std::filesystem::path operator/(std::filesystem::path const& below) const { return path_ / below; }

    /// Makes a file, and the directories that it needs.
    void write(std::filesystem::path const& below, std::string const& content) const
    {
        std::filesystem::create_directories((path_ / below).parent_path());
        std::ofstream(path_ / below, std::ios::binary) << content;
    }

    /// The content of a file; "(absent)" if it can't be opened.
    std::string read(std::filesystem::path const& below) const
    {
        std::ifstream file(path_ / below, std::ios::binary);
        if (!file)
            return "(absent)";
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    std::filesystem::path path_;
};

} // namespace webseed::test
