#include "node/network_kept.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace dml {
namespace {

constexpr std::size_t kColumns = 5;

std::string payload_name(std::uint64_t index) { return "payload-" + std::to_string(index); }

const Tensor* find(const std::vector<Tensor>& tensors, const std::string& name, Dtype dtype) {
  for (const auto& tensor : tensors)
    if (tensor.name == name && tensor.dtype == dtype) return &tensor;
  return nullptr;
}

}  // namespace

std::vector<Tensor> pack_in_flight(const InFlight& in_flight) {
  std::vector<Tensor> tensors;
  std::vector<std::uint64_t> rows;
  std::map<const std::byte*, std::uint64_t> stored;
  for (std::size_t peer = 0; peer < in_flight.kept.size(); ++peer)
    for (const auto& message : in_flight.kept[peer]) {
      const auto [place, fresh] = stored.try_emplace(message.bytes.data(), stored.size());
      if (fresh) tensors.push_back({payload_name(place->second), Dtype::u8, {static_cast<std::int64_t>(message.bytes.size())}, message.bytes, {}});
      rows.insert(rows.end(), {peer, message.round, message.digest, message.ordinal, place->second});
    }
  const auto count = static_cast<std::int64_t>(rows.size() / kColumns);
  tensors.push_back(make_tensor("kept", rows, {count, static_cast<std::int64_t>(kColumns)}));
  tensors.push_back(make_tensor("dropped-through", in_flight.dropped_through));
  return tensors;
}

InFlight unpack_in_flight(const std::vector<Tensor>& tensors, std::size_t nodes, std::uint64_t base, const std::string& where) {
  InFlight in_flight{std::vector<std::deque<NetworkMessage>>(nodes), std::vector<std::uint64_t>(nodes, base)};
  if (tensors.empty()) return in_flight;
  const Tensor* kept = find(tensors, "kept", Dtype::u64);
  const Tensor* dropped = find(tensors, "dropped-through", Dtype::u64);
  if (!kept || !dropped || kept->shape.size() != 2 || kept->shape[1] != kColumns || dropped->elements() != static_cast<std::int64_t>(nodes))
    throw Error(Fault::input, where + ": its kept messages are no table of " + std::to_string(nodes) + " nodes");
  std::copy_n(dropped->as<std::uint64_t>(), nodes, in_flight.dropped_through.begin());
  std::map<std::string, const Tensor*> payloads;
  for (const auto& tensor : tensors)
    if (tensor.dtype == Dtype::u8) payloads[tensor.name] = &tensor;
  for (std::int64_t i = 0; i < kept->shape[0]; ++i) {
    const std::uint64_t* row = kept->as<std::uint64_t>() + i * static_cast<std::int64_t>(kColumns);
    const auto payload = payloads.find(payload_name(row[4]));
    if (row[0] >= nodes || payload == payloads.end())
      throw Error(Fault::input, where + ": kept message " + std::to_string(i) + " has no such peer or payload");
    in_flight.kept[row[0]].push_back({row[1], row[2], row[3], payload->second->data});
  }
  return in_flight;
}

}  // namespace dml
