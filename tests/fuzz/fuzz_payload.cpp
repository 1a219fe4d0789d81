// What a peer sends: payloads (one record each) and frames of the stream protocol. A payload is a record or Error(input); a frame is
// taken or not; a stranger's numbers never upset the state of a stream.
#include "fuzz.h"

#include <cstring>

#include "records.h"
#include "repairs.h"
#include "wire/codec.h"
#include "wire/socket_flow.h"
#include "wire/socket_frame.h"

using namespace dml;

namespace {

void check_record(std::string_view text) {
  const Limits limits{1 << 20, 1000, 1000, 1 << 18, 1 << 20};
  fuzz::refuses_or_works(Fault::input, [&] {
    const Record record = decode_record(fuzz::bytes_of(text), limits, "a payload");
    for (const auto& tensor : record.tensors)
      fuzz::must(tensor.data.size() == static_cast<std::uint64_t>(tensor.elements()) * size_of(tensor.dtype), "a tensor whose data is not its shape");
    const Bytes bytes = encode_record(record);
    const Record again = decode_record(bytes.span(), limits, "what was just encoded");
    fuzz::must(again.kind == record.kind && to_json(again.meta) == to_json(record.meta) && content_digest(again) == content_digest(record), "a record does not come back");
    const auto [data, rest] = encoded_size(record);        // without the end record
    fuzz::must(data + rest <= bytes.size() && bytes.size() <= data + rest + 128, "the size that is counted is not the size that is sent");
  });
}

void check_body(const ParsedFrame& frame) {
  BodyReader numbers(frame.body);
  const std::uint64_t limit = numbers.u64(), probe = numbers.u64();
  numbers.text();
  fuzz::must(numbers.ok() || !numbers.done(), "a body that ran over its end is done");
  for (const unsigned char c : shown(frame.body)) fuzz::must(c >= 0x20 && c != 0x7f, "a control character is shown");
  BodyReader text(frame.body);
  text.u8();
  fuzz::must(text.text().size() <= frame.body.size(), "a text longer than its body");

  SendFlow sender;
  for (int i = 0; i < 3; ++i) sender.push({FrameType::data, {}, Bytes::copy("chunk")});
  sender.acknowledged(0, 10);                              // credit for two of three
  for (std::uint64_t sequence = 0; sender.next(sequence);) sender.sent();
  sender.probe();
  const bool believed = sender.acknowledged(frame.head.sequence, limit);
  fuzz::must(!believed || frame.head.sequence <= 3, "a receiver has what was never pushed");
  sender.answered(probe);
  fuzz::must(sender.pending_bytes() == 15 - (believed ? 5 * frame.head.sequence : 0), "bytes are lost from the count");
  fuzz::must(sender.acknowledged_chunks() == (believed ? frame.head.sequence : 0) && sender.idle() == (sender.pending_bytes() == 0), "chunks are lost from the count");

  ReceiveFlow receiver;
  const auto verdict = receiver.arrived(frame.head.sequence, frame.body.size());
  fuzz::must((verdict == ReceiveFlow::Verdict::accepted) == (frame.head.sequence == 0), "a chunk out of order");
}

void check_frame(std::string_view text) {
  std::uint16_t protocol = 0;
  const auto frame = parse_frame(fuzz::bytes_of(text), protocol);
  if (!frame) return;
  fuzz::must(protocol == 0 && frame->body.size() + kFrameHead == text.size(), "a frame that is not its message");
  std::byte head[kFrameHead];
  put_head(head, frame->head);
  fuzz::must(std::memcmp(head, text.data(), kFrameHead) == 0, "a head does not come back");
  check_body(*frame);
}

std::string frame_of(FrameType type, std::uint64_t sequence, const BodyWriter& body) {
  std::byte head[kFrameHead];
  put_head(head, {type, {}, sequence});
  std::string out(reinterpret_cast<const char*>(head), kFrameHead);
  out.append(reinterpret_cast<const char*>(body.span().data()), body.span().size());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_frame(text);
  check_record(text);
  if (const std::string repaired = fuzz::with_checksum(std::string(text)); repaired != text) check_record(repaired);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::vector<std::string> seeds;
  for (const auto& record : fuzz::sample_records()) {
    const Bytes bytes = encode_record(record);
    seeds.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  seeds.push_back(frame_of(FrameType::hello, 0, BodyWriter().u8(1).text("dmerge on host")));
  seeds.push_back(frame_of(FrameType::welcome, 0, BodyWriter().u64(kWindow).text("who")));
  seeds.push_back(frame_of(FrameType::data, 0, BodyWriter().text("chunk")));
  seeds.push_back(frame_of(FrameType::end, 3, BodyWriter()));
  seeds.push_back(frame_of(FrameType::ack, 2, BodyWriter().u64(100).u64(1).u8(0)));
  seeds.push_back(frame_of(FrameType::probe, 1, BodyWriter().u8(0)));
  seeds.push_back(frame_of(FrameType::refuse, 0, BodyWriter().text("no \x1b[31m room")));
  seeds.push_back(frame_of(FrameType::bye, 0, BodyWriter()));
  return seeds;
}
