// What an exception has to say.
#pragma once

#include <exception>
#include <string>

namespace webseed::core {

inline std::string message_of(std::exception_ptr const& failure)
{
    try
    {
        std::rethrow_exception(failure);
    }
    catch (std::exception const& error)
    {
        return error.what();
    }
    catch (...)
    {
        return "an exception of an unknown type";
    }
}

} // namespace webseed::core
