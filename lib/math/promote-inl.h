// Read once per Highway target by the loops of this folder; not a header of its own.
#if defined(DML_MATH_PROMOTE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DML_MATH_PROMOTE_INL
#undef DML_MATH_PROMOTE_INL
#else
#define DML_MATH_PROMOTE_INL
#endif

#include <hwy/highway.h>

#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace dml {
namespace HWY_NAMESPACE {
namespace {

/// As many floats or doubles as `d` has lanes, as doubles.
template <class D, class T>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> promoted(D d, const T* from) {
  namespace hn = hwy::HWY_NAMESPACE;
  if constexpr (std::is_same_v<T, float>) return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), from));
  else return hn::LoadU(d, from);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dml
HWY_AFTER_NAMESPACE();
#endif
