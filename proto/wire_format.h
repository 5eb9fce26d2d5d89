// Protobuf's wire format, field by field: for frame_convert's own use.
//
// A reader understands less than protobuf does (varints of 63 bits, strings, tags of one byte) and
// says so; what it understands it reads as protobuf would. Nothing is allocated, nothing blocks.
#pragma once

#include <google/protobuf/io/coded_stream.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace assent::wire {

struct Field {
  int number = 0;
  bool is_bytes = false;     // a string, bytes or a message; else a varint
  std::uint64_t varint = 0;  // the length, if is_bytes
  std::string_view bytes;    // in what is read
};

// Reads the fields of one message.
class FieldReader {
 public:
  explicit FieldReader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  // False at the end, and at anything that it does not understand.
  bool Next(Field* field) {
    if (at_ == end_ || !understood_) return false;
    const auto tag = static_cast<unsigned char>(*at_++);
    field->number = tag >> 3;
    field->is_bytes = (tag & 7U) == kLengthType;
    if (tag >= 0x80 || field->number == 0) return Stop();  // no field has the number 0
    if (!field->is_bytes && (tag & 7U) != kVarintType) return Stop();
    if (!field->is_bytes) return ReadVarint(kValueBits, &field->varint);
    return ReadVarint(kLengthBits, &field->varint) && ReadBytes(field->varint, &field->bytes);
  }

  // All has been read.
  bool ended() const { return at_ == end_ && understood_; }

 private:
  static constexpr unsigned kVarintType = 0;
  static constexpr unsigned kLengthType = 2;
  static constexpr unsigned kValueBits = 63;
  static constexpr unsigned kLengthBits = 28;

  bool Stop() { return understood_ = false; }

  bool ReadVarint(unsigned bits, std::uint64_t* value) {
    *value = 0;
    for (unsigned shift = 0; shift < bits && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      *value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return true;
    }
    return Stop();
  }

  bool ReadBytes(std::uint64_t size, std::string_view* bytes) {
    if (size > static_cast<std::uint64_t>(end_ - at_)) return Stop();
    *bytes = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }

  const char* at_;
  const char* const end_;
  bool understood_ = true;
};

// Writes fields to memory that its caller knows to suffice.
class FieldWriter {
 public:
  // At most, with its tag.
  static constexpr std::size_t kMaxVarintField = 11;
  // Of a string or message: what comes on top of its bytes, at most.
  static constexpr std::size_t kMaxLengthField = 6;

  explicit FieldWriter(char* to) : at_(reinterpret_cast<std::uint8_t*>(to)) {}

  const char* end() const { return reinterpret_cast<const char*>(at_); }

  // Leaves 0 out, as proto3 does of fields that are not optional.
  void Number(int field, std::uint64_t value) {
    if (value != 0) Present(field, value);
  }

  void Present(int field, std::uint64_t value) {
    *at_++ = static_cast<std::uint8_t>(field << 3);
    at_ = Coded::WriteVarint64ToArray(value, at_);
  }

  void Bytes(int field, std::string_view bytes) {
    *at_++ = static_cast<std::uint8_t>(field << 3 | 2);
    at_ = Coded::WriteVarint32ToArray(static_cast<std::uint32_t>(bytes.size()), at_);
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

  void NonEmpty(int field, std::string_view bytes) {
    if (!bytes.empty()) Bytes(field, bytes);
  }

  // Writes a message by `write`, which gets this writer.
  template <class Write>
  void Message(int field, const Write& write) {
    *at_++ = static_cast<std::uint8_t>(field << 3 | 2);
    std::uint8_t* const begin = ++at_;  // a byte for the length, which suffices for most
    write(this);
    const auto size = static_cast<std::uint32_t>(at_ - begin);
    const std::size_t more = Coded::VarintSize32(size) - 1;
    if (more > 0) std::memmove(begin + more, begin, size);
    Coded::WriteVarint32ToArray(size, begin - 1);
    at_ += more;
  }

 private:
  using Coded = google::protobuf::io::CodedOutputStream;

  std::uint8_t* at_;
};

// Makes room for `most` bytes at the frame's end, lets `write` fill it, and takes back the rest.
template <class Write>
void Extend(std::string* frame, std::size_t most, const Write& write) {
  const std::size_t before = frame->size();
  frame->resize(before + most);
  FieldWriter writer(frame->data() + before);
  write(&writer);
  frame->resize(static_cast<std::size_t>(writer.end() - frame->data()));
}

// A message of numbers and strings, each at its field's place.
template <std::size_t kFields>
struct FlatMessage {
  std::uint64_t numbers[kFields] = {};
  std::string_view strings[kFields];

  // False: it has other fields, or one string twice, both of which protobuf would check.
  bool Read(std::string_view message) {
    return Read(message, [](const Field&) { return false; });
  }

  // The same; what it has of other fields is given to `read_other`, which gives false to stop.
  template <class ReadOther>
  bool Read(std::string_view message, const ReadOther& read_other) {
    FieldReader reader(message);
    Field field;
    while (reader.Next(&field)) {
      if (static_cast<std::size_t>(field.number) >= kFields) {
        if (!read_other(field)) return false;
      } else if (!field.is_bytes) {
        numbers[field.number] = field.varint;
      } else if (strings[field.number].data() == nullptr) {
        strings[field.number] = field.bytes;
      } else {
        return false;
      }
    }
    return reader.ended();
  }
};

// Reads a message that consists of numbers, each into its field's place. False: it does not.
template <std::size_t kFields>
bool ReadNumbers(std::string_view message, std::uint64_t (&numbers)[kFields]) {
  FieldReader reader(message);
  Field field;
  while (reader.Next(&field)) {
    if (field.is_bytes || static_cast<std::size_t>(field.number) >= kFields) return false;
    numbers[field.number] = field.varint;
  }
  return reader.ended();
}

}  // namespace assent::wire
