// While somebody writes into a file, or changes its size.
#pragma once

#include "resume_keeper.hpp"

#include <webseed/types.hpp>

#include <optional>

namespace webseed::disk {

/// Tells the keeper, if there is one, of a change that is over when this goes.
class change_mark
{
public:
    change_mark(std::optional<resume_keeper>& keeper, file_index file) noexcept
        : keeper_(keeper)
        , file_(file)
    {}
    change_mark(change_mark const&) = delete;
    change_mark& operator=(change_mark const&) = delete;
    ~change_mark()
    {
        if (keeper_)
            keeper_->changed(file_);
    }

private:
    std::optional<resume_keeper>& keeper_;
    file_index file_;
};

} // namespace webseed::disk
