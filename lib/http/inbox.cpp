#include "http/inbox.hpp"

#include <algorithm>

namespace webseed::http {

std::span<std::byte const> inbox::unread() const noexcept
{
    if (!is_open())
        return aside_;
    return buffer_.subspan(begin_, end_ - begin_);
}

void inbox::open(std::span<std::byte> borrowed) noexcept
{
    std::ranges::copy(aside_, borrowed.begin());
    begin_ = 0;
    end_ = aside_.size();
    aside_.clear();
    buffer_ = borrowed;
}

std::span<std::byte> inbox::room() noexcept
{
    if (begin_ != 0)
    {
        std::ranges::copy(unread(), buffer_.begin());
        end_ -= std::exchange(begin_, 0);
    }
    return buffer_.subspan(end_);
}

void inbox::use(std::size_t size) noexcept
{
    if (is_open())
        begin_ += size;
    else
        aside_.erase(aside_.begin(), aside_.begin() + static_cast<std::ptrdiff_t>(size));
}

void inbox::shut()
{
    if (!is_open())
        return;
    auto const left = unread();
    aside_.assign(left.begin(), left.end());
    begin_ = end_ = 0;
    lender_.give_back(std::exchange(buffer_, {}));
}

void inbox::clear() noexcept
{
    aside_.clear();
    begin_ = end_ = 0;
    if (is_open())
        lender_.give_back(std::exchange(buffer_, {}));
}

} // namespace webseed::http
