// One pool of threads per process. Work is cut into fixed pieces, so results never depend on how many threads there are.
#pragma once
#include <cstddef>
#include <functional>

namespace dml {

/// Sets the number of threads (>= 1) of the pool; call before the first parallel_for. Default: hardware threads.
void set_threads(int count);
int threads();

/// 0..threads()-1 inside a parallel_for body, 0 outside: the index of per-thread workspaces.
int worker_index();

/// Runs body(i) for i = 0..count-1 on the pool and waits. Order is unspecified; nested calls run in place.
/// If bodies throw, the exception of the smallest index is rethrown after all have stopped.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

/// Cuts 0..size-1 into blocks of `block` and runs body(first, last) for each.
void parallel_blocks(std::size_t size, std::size_t block, const std::function<void(std::size_t, std::size_t)>& body);

}  // namespace dml
