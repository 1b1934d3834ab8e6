// A reader as the embedder's side has it: what its handles share.
#pragma once

#include "engine/read_request.hpp"
#include "engine/session.hpp"

#include <memory>
#include <utility>

namespace webseed::core {

class reader_front
{
public:
    reader_front(std::shared_ptr<session> of, reader_place place)
        : session_(std::move(of))
        , place_(place)
    {}
    reader_front(reader_front const&) = delete;
    reader_front& operator=(reader_front const&) = delete;

    boost::asio::any_io_executor const& front() const noexcept { return session_->front(); }
    std::uint64_t size() const noexcept { return place_.range.size; }
    bool is_closed() const noexcept { return *place_.is_closed; }
    /// @param range  of the file; not empty, inside it. Null: it is closed.
    std::shared_ptr<read_request> begin(byte_range range)
    {
        if (*place_.is_closed)
            return nullptr;
        return session_->read(place_, {place_.range.offset + range.offset, range.size});
    }
    void close()
    {
        if (!place_.is_closed->exchange(true))
            session_->close_reader(place_.reader);
    }

private:
    std::shared_ptr<session> session_;
    reader_place place_;
};

} // namespace webseed::core
