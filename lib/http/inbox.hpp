// What has come over a stream and hasn't been used yet: in a borrowed buffer, behind one another and never copied, but
// for the little that is left where somebody has to wait for more.
#pragma once

#include "http/body_sink.hpp"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace webseed::http {

class inbox
{
public:
    /// @param lender  of the buffers that open() is given; must outlive the inbox.
    explicit inbox(buffer_lender& lender) noexcept
        : lender_(lender)
    {}
    inbox(inbox&& other) noexcept
        : lender_(other.lender_)
    {
        swap(other);
    }
    /// @param other  of the same lender.
    inbox& operator=(inbox&& other) noexcept
    {
        clear();
        swap(other);
        return *this;
    }
    ~inbox() { clear(); }

    bool empty() const noexcept { return unread().empty(); }
    /// Valid until something else is done with the inbox.
    std::span<std::byte const> unread() const noexcept;
    /// Whether it has a buffer.
    bool is_open() const noexcept { return !buffer_.empty(); }

    /// @param borrowed  becomes its own, with what was kept aside at the front.
    void open(std::span<std::byte> borrowed) noexcept;
    /// Where to read into, behind what is unread; while it is open. Not empty unless a whole buffer is unread.
    std::span<std::byte> room() noexcept;
    /// So many bytes have been read there.
    void add(std::size_t size) noexcept { end_ += size; }
    /// So many of the unread ones aren't any more.
    void use(std::size_t size) noexcept;
    /// Gives the buffer back. What is unread is kept aside, which should be little.
    void shut();
    /// Gives the buffer back, and forgets everything.
    void clear() noexcept;

private:
    void swap(inbox& other) noexcept
    {
        std::swap(buffer_, other.buffer_);
        std::swap(begin_, other.begin_);
        std::swap(end_, other.end_);
        std::swap(aside_, other.aside_);
    }

    buffer_lender& lender_;
    std::span<std::byte> buffer_;
    std::size_t begin_ = 0; // of what is unread in the buffer
    std::size_t end_ = 0;
    std::vector<std::byte> aside_; // while it isn't open
};

} // namespace webseed::http
