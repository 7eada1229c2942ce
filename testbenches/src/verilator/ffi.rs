//! The only unsafe code of the driver: a loaded library and one instance of its model.
//!
//! # Safety
//! The library is one that [`super::Verilator::library`] built, so its functions are those of `shim.cpp`, with the
//! signatures of [`Functions`]. On this rest all calls below; further, in the order in which they could go wrong:
//! - The handle is made by `mpqc_create` and lives until [`Instance`] is dropped, which destroys it once. `functions` are
//!   used only while `_library` keeps the library loaded; it is the last field, so it is dropped after the destruction.
//! - `mpqc_set` indexes the inputs bound before and reads `ceil(bits / 32)` words, `mpqc_sample` writes those of all
//!   probes: both lengths are checked here against what binding returned.
//! - Strings that are passed in are C strings that outlive the call; the one returned is copied before the next call.
//! - Every method that changes the model takes `&mut self`, and instances are made and destroyed under [`LIFE`]
//!   (Verilator issue 8428: contexts made at the same time race). A model has no tie to its thread, so it may be sent to
//!   another; it is not `Sync`.

use super::VerilatorError;
use libloading::Library;
use std::{
    ffi::{CStr, CString, c_char, c_void},
    path::Path,
    ptr::NonNull,
    sync::{Mutex, PoisonError},
};

/// Held while an instance is made or destroyed.
static LIFE: Mutex<()> = Mutex::new(());

type Handle = *mut c_void;

/// The functions of `shim.cpp`.
struct Functions {
    destroy: unsafe extern "C" fn(Handle),
    message: unsafe extern "C" fn(Handle) -> *const c_char,
    bind_input: unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> u32,
    bind_probe: unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> u32,
    set: unsafe extern "C" fn(Handle, u32, *const u32),
    eval: unsafe extern "C" fn(Handle) -> bool,
    sample: unsafe extern "C" fn(Handle, *mut u32),
}

/// An instance of a verilated model.
pub(super) struct Instance {
    functions: Functions,
    handle: NonNull<c_void>,
    input_words: Vec<usize>,
    sample_words: usize,
    _library: Library,
}

// SAFETY: see the module's documentation; no thread-local state outlives a call.
unsafe impl Send for Instance {}

impl Instance {
    /// Loads a library and makes an instance. Whether that went well, [`Instance::message`] tells.
    pub(super) fn new(path: &Path, seed: u32) -> Result<Self, VerilatorError> {
        let _life = LIFE.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| VerilatorError::Load { path: path.to_path_buf(), source };
        // SAFETY: the library is ours (module documentation); its initializers only set up the runtime's globals.
        let library = unsafe { Library::new(path) }.map_err(failed)?;
        // SAFETY: the types are those of `shim.cpp`.
        let (functions, create) = unsafe { functions(&library) }.map_err(failed)?;
        // SAFETY: `mpqc_create` takes any seed.
        let handle =
            NonNull::new(unsafe { create(seed) }).ok_or_else(|| failed(libloading::Error::DlOpenUnknown))?;
        Ok(Self { functions, handle, input_words: Vec::new(), sample_words: 0, _library: library })
    }

    /// Binds the next input; its width in bits, or 0 if there is none of that name.
    pub(super) fn bind_input(&mut self, scope: &CStr, name: &CStr) -> u32 {
        // SAFETY: a live handle and C strings.
        let bits =
            unsafe { (self.functions.bind_input)(self.handle.as_ptr(), scope.as_ptr(), name.as_ptr()) };
        self.input_words.extend((bits > 0).then_some(bits.div_ceil(32) as usize));
        bits
    }

    /// Binds the next probe; its width in bits, or 0 if there is none of that name.
    pub(super) fn bind_probe(&mut self, scope: &CStr, name: &CStr) -> u32 {
        // SAFETY: a live handle and C strings.
        let bits =
            unsafe { (self.functions.bind_probe)(self.handle.as_ptr(), scope.as_ptr(), name.as_ptr()) };
        self.sample_words += bits.div_ceil(32) as usize;
        bits
    }

    /// Sets a bound input.
    ///
    /// # Panics
    /// If no such input was bound or `words` has not exactly its number of words.
    pub(super) fn set(&mut self, input: usize, words: &[u32]) {
        assert_eq!(words.len(), self.input_words[input], "words of input {input}");
        // SAFETY: the input exists and has this many words, as was just checked.
        unsafe { (self.functions.set)(self.handle.as_ptr(), input as u32, words.as_ptr()) }
    }

    /// Evaluates the model; the error is its first message.
    pub(super) fn eval(&mut self) -> Result<(), String> {
        // SAFETY: a live handle.
        match unsafe { (self.functions.eval)(self.handle.as_ptr()) } {
            true => Ok(()),
            false => Err(self.message()),
        }
    }

    /// The words of all probes, in the order of binding.
    ///
    /// # Panics
    /// If `words` has not exactly as many words as the probes together.
    pub(super) fn sample(&self, words: &mut [u32]) {
        assert_eq!(words.len(), self.sample_words, "words of a sample");
        // SAFETY: the buffer has as many words as the probes, as was just checked.
        unsafe { (self.functions.sample)(self.handle.as_ptr(), words.as_mut_ptr()) }
    }

    /// The first message of the model; empty if there was none.
    pub(super) fn message(&self) -> String {
        // SAFETY: a live handle; the string is the model's, ends with NUL and is copied at once.
        let message = unsafe { CStr::from_ptr((self.functions.message)(self.handle.as_ptr())) };
        message.to_string_lossy().into_owned()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _life = LIFE.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the handle is live and not used again.
        unsafe { (self.functions.destroy)(self.handle.as_ptr()) }
    }
}

type Create = unsafe extern "C" fn(u32) -> Handle;

/// # Safety
/// The library must be one made with `shim.cpp`.
unsafe fn functions(library: &Library) -> Result<(Functions, Create), libloading::Error> {
    // SAFETY: the caller's promise.
    unsafe {
        let functions = Functions {
            destroy: *library.get(b"mpqc_destroy")?,
            message: *library.get(b"mpqc_message")?,
            bind_input: *library.get(b"mpqc_bind_input")?,
            bind_probe: *library.get(b"mpqc_bind_probe")?,
            set: *library.get(b"mpqc_set")?,
            eval: *library.get(b"mpqc_eval")?,
            sample: *library.get(b"mpqc_sample")?,
        };
        Ok((functions, *library.get(b"mpqc_create")?))
    }
}

/// A C string; `name` holds no NUL, as plain identifiers do not.
pub(super) fn c_string(name: &str) -> Result<CString, VerilatorError> {
    CString::new(name).map_err(|_| VerilatorError::BadName(name.to_owned()))
}
