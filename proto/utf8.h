// UTF-8 as RFC 3629 has it. Thread-safe; nothing blocks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assent {

bool IsValidUtf8(std::string_view text);

// The longest size of at most `limit` bytes that does not cut a character of `text` in two.
std::size_t WholeCharacters(std::string_view text, std::size_t limit);

// Puts '?' in the place of every byte that belongs to no character.
void ReplaceInvalidUtf8(std::string* text);

}  // namespace assent
