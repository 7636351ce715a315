// Objects with many members, made in linear time.
#pragma once

#include <string>
#include <utility>

#include "stack/declare.hpp"

namespace saasctl::stack {

// Adds a member to an object that has none of this name. operator[] of an ordered object looks among all members first.
inline void append_member(Json& object, std::string name, Json value) {
  object.get_ref<Json::object_t&>().emplace_back(std::move(name), std::move(value));
}

}  // namespace saasctl::stack
