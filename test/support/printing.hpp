// Lets doctest print what the tests compare.
#pragma once

#include <webseed/types.hpp>

#include <doctest/doctest.h>

#include <boost/system/result.hpp>

#include <string>

/// Boost prints a result only if its value can be printed; most of ours can't.
template <class T>
struct doctest::StringMaker<boost::system::result<T>>
{
    static String convert(boost::system::result<T> const& result)
    {
        return result ? String("a value") : String(result.error().message().c_str());
    }
};

template <>
struct doctest::StringMaker<webseed::byte_range>
{
    static String convert(webseed::byte_range range)
    {
        return (std::to_string(range.offset) + "+" + std::to_string(range.size)).c_str();
    }
};
