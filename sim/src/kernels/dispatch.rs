//! One function, compiled for several instruction sets; the processor decides at run time.

/// Defines `$name` with the body of `$body`, an `#[inline(always)]` function of the same signature, compiled
/// for the baseline, for AVX2 and for AVX-512 with vector popcount.
macro_rules! dispatched {
    ($(#[$doc:meta])* fn $name:ident$(<$($generic:ident: $bound:path),+>)?($($arg:ident: $ty:ty),* $(,)?) = $body:ident) => {
        $(#[$doc])*
        pub(super) fn $name$(<$($generic: $bound),+>)?($($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq,popcnt")]
                fn avx512$(<$($generic: $bound),+>)?($($arg: $ty),*) {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx2,popcnt")]
                fn avx2$(<$($generic: $bound),+>)?($($arg: $ty),*) {
                    $body($($arg),*)
                }
                if crate::kernels::dispatch::has_avx512() {
                    // SAFETY: the processor has the features that the function is compiled for.
                    return unsafe { avx512($($arg),*) };
                }
                if crate::kernels::dispatch::has_avx2() {
                    // SAFETY: as above.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}
pub(super) use dispatched;

/// Whether the processor has AVX-512 with byte, word and popcount instructions.
#[cfg(target_arch = "x86_64")]
pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vpopcntdq")
        && is_x86_feature_detected!("popcnt")
}

/// Whether the processor has AVX-512 with multiply-add of 16-bit pairs into sums.
#[cfg(target_arch = "x86_64")]
pub(super) fn has_vnni() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
}

/// Whether the processor has AVX2.
#[cfg(target_arch = "x86_64")]
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt")
}
