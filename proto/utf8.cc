#include "proto/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace assent {
namespace {

unsigned At(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

bool IsContinuation(unsigned byte) { return (byte & 0xc0) == 0x80; }

// How many bytes a character has that begins with `byte`; 0 if none does.
std::size_t SizeOfCharacter(unsigned byte) {
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte <= 0xdf) return 2;
  if (byte >= 0xe0 && byte <= 0xef) return 3;
  if (byte >= 0xf0 && byte <= 0xf4) return 4;
  return 0;
}

// Overlong forms, surrogates, and what lies beyond U+10FFFF show in the first two bytes.
bool IsAllowedPair(unsigned first, unsigned second) {
  switch (first) {
    case 0xe0:
      return second >= 0xa0;
    case 0xed:
      return second <= 0x9f;
    case 0xf0:
      return second >= 0x90;
    case 0xf4:
      return second <= 0x8f;
    default:
      return true;
  }
}

// Size of the character at `at`; 0 if there is none.
std::size_t CharacterAt(std::string_view text, std::size_t at) {
  const unsigned first = At(text, at);
  const std::size_t size = SizeOfCharacter(first);
  if (size <= 1) return size;
  if (size > text.size() - at || !IsAllowedPair(first, At(text, at + 1))) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!IsContinuation(At(text, at + i))) return 0;
  }
  return size;
}

// How many bytes of `text` from its begin on are ASCII, a multiple of eight.
std::size_t AsciiWords(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t at = 0;
  for (std::uint64_t word = 0; text.size() - at >= sizeof(word); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & kHighBits) != 0) break;
  }
  return at;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  for (std::size_t at = AsciiWords(text); at < text.size();) {
    const std::size_t size = CharacterAt(text, at);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

std::size_t WholeCharacters(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text.size();
  std::size_t size = limit;
  while (size > 0 && limit - size < 3 && IsContinuation(At(text, size))) --size;
  return IsContinuation(At(text, size)) ? limit : size;
}

void ReplaceInvalidUtf8(std::string* text) {
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t size = CharacterAt(*text, at);
    if (size == 0) (*text)[at] = '?';
    at += std::max<std::size_t>(size, 1);
  }
}

}  // namespace assent
