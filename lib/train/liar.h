// The dishonest part of a node: what it sends instead of the truth.
#pragma once
#include <memory>

#include "attack/attack.h"
#include "train/program.h"

namespace dml {

class Liar {
 public:
  /// Nodes that do not attack get a Liar that tells the truth.
  Liar(const Setup& setup, NodeId id) : seed_(setup.seed), id_(id) {
    if (setup.lies(id)) attack_ = setup.families->get<Attack>().make(single(setup.attack, "--attack"));
  }
  explicit operator bool() const { return attack_ != nullptr; }

  /// What goes out in place of `honest`; random attacks are keyed ("attack", seed, node, round).
  Record tell(Record honest, std::uint64_t round) const {
    if (!attack_) return honest;
    Rng rng("attack", seed_, id_, static_cast<std::uint32_t>(round));
    return attack_record(*attack_, honest, rng);
  }

 private:
  std::unique_ptr<const Attack> attack_;
  std::uint64_t seed_;
  NodeId id_;
};

}  // namespace dml
