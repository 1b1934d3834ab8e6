// Letters and words of ASCII, which is all that HTTP and URLs compare without case. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace webseed::http {

constexpr char to_lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline std::string to_lower(std::string_view text)
{
    std::string lower(text);
    for (auto& c : lower)
        c = to_lower(c);
    return lower;
}

/// Whether it begins with the word, in any case. @param word  in lower case.
inline bool begins_with(std::string_view text, std::string_view word) noexcept
{
    auto const is_same = [](char a, char b) { return to_lower(a) == b; };
    return text.size() >= word.size() && std::ranges::equal(text.substr(0, word.size()), word, is_same);
}

/// Whether it ends with the word, in any case. @param word  in lower case.
inline bool ends_with(std::string_view text, std::string_view word) noexcept
{
    return text.size() >= word.size() && begins_with(text.substr(text.size() - word.size()), word);
}

/// Whether it is the word, in any case. @param word  in lower case.
inline bool is_word(std::string_view text, std::string_view word) noexcept
{
    return text.size() == word.size() && begins_with(text, word);
}

constexpr bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) noexcept
{
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/// NUL, CR and LF among them.
inline bool is_control(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Without white space at its ends.
inline std::string_view trimmed(std::string_view text) noexcept
{
    constexpr std::string_view white = " \t\r\n";
    auto const first = text.find_first_not_of(white);
    return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(white) + 1 - first);
}

} // namespace webseed::http
