#include "node/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/stream.h"

namespace dml {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "round-", kManifest = ".manifest.dml", kState = ".dml";
const std::string kInFlight = "~network/";

std::string folder_of(const std::string& directory, NodeId node) { return directory + "/node-" + std::to_string(node); }
std::string state_name(std::uint64_t round) { return std::string(kPrefix) + std::to_string(round) + std::string(kState); }
std::string manifest_name(std::uint64_t round) { return std::string(kPrefix) + std::to_string(round) + std::string(kManifest); }

/// The rounds that have a manifest, ascending. An absent folder has none.
std::vector<std::uint64_t> sealed_rounds(const std::string& folder) {
  std::vector<std::uint64_t> rounds;
  std::error_code error;
  fs::directory_iterator files(folder, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return rounds;
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const std::string name = files->path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kManifest) || name.size() <= kPrefix.size() + kManifest.size()) continue;
    const auto round = parse_unsigned(std::string_view(name).substr(kPrefix.size(), name.size() - kPrefix.size() - kManifest.size()));
    if (round && manifest_name(*round) == name) rounds.push_back(*round);
  }
  if (error) throw Error(Fault::input, quote(folder) + " cannot be read: " + error.message());
  std::sort(rounds.begin(), rounds.end());
  return rounds;
}

bool same_folder(const std::string& a, const std::string& b) {
  std::error_code error;
  return !a.empty() && !b.empty() && fs::weakly_canonical(a, error) == fs::weakly_canonical(b, error);
}

/// Makes a file, or the names in a folder, outlive a power cut.
void flush_to_disk(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);   // EINVAL: a file system that cannot, such as some FUSE ones
  const std::string why = std::strerror(errno);
  if (fd >= 0) close(fd);
  if (!good) throw Error(Fault::system, quote(path) + " cannot be flushed to the disk: " + why);
}

std::pair<std::uint64_t, std::string> size_and_hash(const std::string& path) {
  const auto source = open_file_source(path);
  Buffer buffer(1 << 20);
  XXH3_state_t hash;
  XXH3_64bits_reset(&hash);
  std::uint64_t size = 0;
  while (const std::size_t got = source->read(buffer.span())) {
    XXH3_64bits_update(&hash, buffer.data(), got);
    size += got;
  }
  XXH64_canonical_t canonical;
  XXH64_canonicalFromHash(&canonical, XXH3_64bits_digest(&hash));
  return {size, to_hex(canonical.digest, sizeof canonical.digest)};
}

void write_sealed(const std::string& path, const Record& record, OpenOptions open) {
  open.to = "dml";
  const std::string fresh = path + ".new";
  const auto writer = open_writer(fresh, open);
  writer->write(record);
  writer->close();
  flush_to_disk(fresh);
  if (rename(fresh.c_str(), path.c_str()) != 0) throw Error(Fault::system, quote(path) + " cannot be written: " + std::strerror(errno));
}

/// The one record of a file.
Record read_only_record(const std::string& path, const std::string& kind, OpenOptions open) {
  open.from = "dml";
  const auto reader = open_reader(path, open);
  auto record = reader->next();
  if (!record || record->kind != kind || reader->next()) throw Error(Fault::input, quote(path) + " is not one record of kind " + quote(kind));
  return std::move(*record);
}

std::uint64_t count(const Attributes& meta, const char* key, const std::string& path) {
  const auto value = get_unsigned(meta, key);
  if (!value) throw Error(Fault::input, quote(path) + ": the manifest has no " + key);
  return *value;
}

void expect(const Attributes& meta, const char* key, const Value& wanted, const std::string& path) {
  const auto found = meta.find(key);
  if (found == meta.end()) throw Error(Fault::input, quote(path) + ": the manifest has no " + key);
  if (!(found->second == wanted))
    throw Error(Fault::input, quote(path) + " is of another run: its " + key + " is " + to_json(found->second) + ", not " + to_json(wanted));
}

}  // namespace

Checkpointer::Checkpointer(const RunOptions& run, std::size_t nodes, std::vector<NodeId> local)
    : options_(run.checkpoint), program_(run.program), seed_(run.seed), nodes_(nodes), local_(std::move(local)) {
  if (!saving() || same_folder(options_.directory, options_.resume)) return;
  for (const NodeId node : local_)
    if (!sealed_rounds(folder_of(options_.directory, node)).empty())
      throw Error(Fault::usage, quote(options_.directory) + " already holds checkpoints of node " + std::to_string(node),
                  "go on from them with --resume " + options_.directory + ", or name an empty folder");
}

void Checkpointer::save(NodeId node, std::uint64_t round, const Record& state, const Traffic& traffic, const std::vector<Tensor>& in_flight) {
  const std::string folder = folder_of(options_.directory, node), file = folder + "/" + state_name(round);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(Fault::system, quote(folder) + " cannot be made: " + error.message());
  if (in_flight.empty()) {
    write_sealed(file, state, options_.open);
  } else {
    Record both = state;
    for (const auto& tensor : in_flight) {
      both.tensors.push_back(tensor);
      both.tensors.back().name = kInFlight + tensor.name;
    }
    sort_tensors(both, quote(file));
    write_sealed(file, both, options_.open);
  }
  const auto [bytes, hash] = size_and_hash(file);
  Record manifest{"checkpoint",
                  {{"program", program_}, {"seed", seed_}, {"nodes", nodes_}, {"node", node}, {"round", round}, {"bytes", bytes},
                   {"xxh3", hash}, {"bytes_model", traffic.model}, {"bytes_control", traffic.control},
                   {"bytes_framing", traffic.framing}, {"messages", traffic.messages}}, {}, {}};
  write_sealed(folder + "/" + manifest_name(round), manifest, options_.open);
  flush_to_disk(folder);
  log(Level::detail, "node " + std::to_string(node) + " has saved round " + std::to_string(round) + " in " + quote(file) + ", " + format_bytes(static_cast<double>(bytes)));
  const std::lock_guard lock(mutex_);
  if (++saved_[round] == local_.size()) completed(round);
}

// Nodes may be at different rounds, so only what no resume can want is removed: rounds before the second latest complete one.
void Checkpointer::completed(std::uint64_t round) {
  saved_.erase(saved_.begin(), saved_.upper_bound(round));
  const auto previous = std::exchange(complete_, round);
  if (!previous) return;
  for (const NodeId node : local_) {
    const std::string folder = folder_of(options_.directory, node) + "/";
    for (const std::uint64_t old : sealed_rounds(folder)) {
      if (old >= *previous) break;
      unlink((folder + manifest_name(old)).c_str());       // first: a manifest promises its state
      unlink((folder + state_name(old)).c_str());
    }
  }
}

std::optional<std::uint64_t> Checkpointer::latest(const std::vector<NodeId>& nodes) const {
  std::error_code error;
  if (!fs::is_directory(options_.resume, error)) throw Error(Fault::input, quote(options_.resume) + " is no folder of checkpoints");
  std::optional<std::vector<std::uint64_t>> common;
  for (const NodeId node : nodes) {
    const auto rounds = sealed_rounds(folder_of(options_.resume, node));
    std::vector<std::uint64_t> both;
    if (common) std::set_intersection(common->begin(), common->end(), rounds.begin(), rounds.end(), std::back_inserter(both));
    common = common ? both : rounds;
  }
  if (!common || common->empty()) return std::nullopt;
  return common->back();
}

Checkpointer::Saved Checkpointer::load(NodeId node, std::uint64_t round) const {
  const std::string folder = folder_of(options_.resume, node), path = folder + "/" + manifest_name(round);
  const Attributes meta = read_only_record(path, "checkpoint", options_.open).meta;
  expect(meta, "program", program_, path);
  expect(meta, "seed", seed_, path);
  expect(meta, "nodes", nodes_, path);
  expect(meta, "node", node, path);
  expect(meta, "round", round, path);
  Saved saved;
  saved.file = folder + "/" + state_name(round);
  const auto [bytes, hash] = size_and_hash(saved.file);
  if (bytes != count(meta, "bytes", path) || hash != get_text(meta, "xxh3"))
    throw Error(Fault::input, quote(saved.file) + " is damaged: it does not match its manifest",
                "remove " + manifest_name(round) + " of every node to resume from the round before");
  saved.state = read_only_record(saved.file, "state", options_.open);
  auto& tensors = saved.state.tensors;
  const auto own_end = std::stable_partition(tensors.begin(), tensors.end(), [](const Tensor& tensor) { return !tensor.name.starts_with(kInFlight); });
  saved.in_flight.assign(std::make_move_iterator(own_end), std::make_move_iterator(tensors.end()));
  tensors.erase(own_end, tensors.end());
  for (auto& tensor : saved.in_flight) tensor.name.erase(0, kInFlight.size());
  saved.traffic = {count(meta, "bytes_model", path), count(meta, "bytes_control", path), count(meta, "bytes_framing", path),
                   count(meta, "messages", path)};
  log(Level::detail, "node " + std::to_string(node) + " goes on behind round " + std::to_string(round) + " from " + quote(saved.file));
  return saved;
}

}  // namespace dml
