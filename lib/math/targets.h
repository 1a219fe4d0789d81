// Which vector instructions the loops of this folder use. One binary holds them all; the best one of the CPU is taken at run time.
#pragma once
#include <string>
#include <vector>

namespace dml {

/// The instruction sets that this build holds and this CPU offers, best first: AVX3_DL, AVX3, AVX2, SSE4.
std::vector<std::string> vector_targets();

/// The versions of the libraries behind the loops.
std::string highway_version();
std::string eigen_version();

/// Makes every loop use one of vector_targets(); "" goes back to the best one. For tests that compare bits. Error(usage) on
/// another name.
void force_vector_target(const std::string& name);

}  // namespace dml
