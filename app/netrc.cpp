#include "netrc.hpp"

#include "format.hpp"
#include "input_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <utility>

#include <sys/stat.h>

namespace webseed::app {

namespace {

constexpr std::size_t size_max = 1u << 20;
constexpr std::string_view white_space = " \t\r\n";

class words
{
public:
    explicit words(std::string_view text)
        : text_(text)
    {}

    /// One that says what follows; empty at the end.
    std::string_view keyword()
    {
        skip_white_space();
        while (text_.substr(at_).starts_with('#'))
        {
            at_ = std::min(text_.find('\n', at_), text_.size());
            skip_white_space();
        }
        return plain();
    }

    /// One that follows; not set if there is none, or it has no end.
    std::optional<std::string> value()
    {
        skip_white_space();
        if (at_ == text_.size())
            return std::nullopt;
        if (text_[at_] == '"')
            return quoted();
        return std::string(plain());
    }

    void skip_macro()
    {
        auto const end = std::min(text_.find("\n\n", at_), text_.find("\n\r\n", at_));
        at_ = std::min(end, text_.size());
    }

    std::size_t line() const { return 1 + static_cast<std::size_t>(std::ranges::count(text_.substr(0, at_), '\n')); }

private:
    void skip_white_space() { at_ = std::min(text_.find_first_not_of(white_space, at_), text_.size()); }

    std::string_view plain()
    {
        auto const end = std::min(text_.find_first_of(white_space, at_), text_.size());
        auto const word = text_.substr(at_, end - at_);
        at_ = end;
        return word;
    }

    std::optional<std::string> quoted()
    {
        std::string word;
        for (auto at = at_ + 1; at < text_.size(); ++at)
        {
            if (text_[at] == '"')
            {
                at_ = at + 1;
                return word;
            }
            if (text_[at] == '\\' && at + 1 < text_.size())
            {
                auto const escaped = text_[++at];
                word += escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped == 't' ? '\t' : escaped;
            }
            else
                word += text_[at];
        }
        return std::nullopt;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// As hosts stand in URLs that were read.
std::string host_of(std::string name)
{
    std::ranges::transform(
        name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (name.starts_with('[') && name.ends_with(']'))
        return name.substr(1, name.size() - 2);
    return name;
}

void warn_if_open(std::string const& path)
{
    struct stat status;
    if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 077) != 0)
        std::fprintf(
            stderr, "warning: %s holds passwords, and others may use it; chmod 600 mends that\n",
            printable(path).c_str());
}

} // namespace

boost::system::result<std::vector<login>> parse_netrc(std::string_view text, std::string& message)
{
    words read(text);
    std::vector<login> entries;
    std::vector<login> defaults;
    login* entry = nullptr;
    for (auto word = read.keyword(); !word.empty(); word = read.keyword())
    {
        if (word == "default")
        {
            entry = &defaults.emplace_back();
            continue;
        }
        bool const has_value =
            word == "machine" || word == "login" || word == "password" || word == "account" || word == "macdef";
        if (!has_value)
            continue;
        auto value = read.value();
        if (!value)
        {
            message = "line " + std::to_string(read.line()) + ": nothing, or no end of it, behind " + std::string(word);
            return error_code(errc::option_invalid);
        }
        if (word == "machine")
        {
            entry = &entries.emplace_back();
            entry->host = host_of(std::move(*value));
        }
        else if (word == "macdef")
            read.skip_macro();
        else if (word == "login" && entry)
            entry->user = std::move(*value);
        else if (word == "password" && entry)
            entry->password = std::move(*value);
    }
    // A machine without a name would be everybody.
    std::erase_if(entries, [](login const& each) { return each.host.empty(); });
    entries.insert(entries.end(), defaults.begin(), defaults.end());
    std::erase_if(entries, [](login const& each) { return each.user.empty() && each.password.empty(); });
    return entries;
}

boost::system::result<std::vector<login>> read_netrc(std::string const& path, std::string& message)
{
    auto const bytes = read_file(path, size_max);
    if (!bytes)
    {
        message = path + ": " + bytes.error().message();
        return bytes.error();
    }
    warn_if_open(path);
    std::string_view const text(reinterpret_cast<char const*>(bytes->data()), bytes->size());
    auto entries = parse_netrc(text, message);
    if (text.size() > size_max)
    {
        message = "too long";
        entries = error_code(errc::option_invalid);
    }
    if (!entries)
        message = path + ": " + message;
    return entries;
}

} // namespace webseed::app
