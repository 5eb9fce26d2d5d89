#include "storage/head.h"

#include "storage/encoding.h"

namespace assent::storage {

std::string EncodeHead(const Head& head) {
  std::string bytes;
  AppendFixed64(head.sequence, &bytes);
  AppendFixed64(head.live_records, &bytes);
  AppendFixed64(head.sum, &bytes);
  AppendFixed64(head.opens, &bytes);
  return bytes;
}

bool DecodeHead(std::string_view bytes, Head* head) {
  Reader reader(bytes);
  return reader.ReadFixed64(&head->sequence) && reader.ReadFixed64(&head->live_records) &&
         reader.ReadFixed64(&head->sum) && reader.ReadFixed64(&head->opens) && reader.AtEnd();
}

std::string EncodeIdentity(const Identity& identity) {
  std::string bytes;
  AppendFixed32(kLayoutVersion, &bytes);
  AppendString(identity.kind, &bytes);
  AppendFixed32(identity.format, &bytes);
  AppendString(identity.owner, &bytes);
  return bytes;
}

bool DecodeIdentity(std::string_view bytes, uint32_t* layout, Identity* identity) {
  Reader reader(bytes);
  if (!reader.ReadFixed32(layout)) return false;
  if (*layout > kLayoutVersion) return true;
  return reader.ReadString(&identity->kind) && reader.ReadFixed32(&identity->format) &&
         reader.ReadString(&identity->owner) && reader.AtEnd();
}

}  // namespace assent::storage
