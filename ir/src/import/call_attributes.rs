//! Attributes of a node, with their defaults, as numbers that are safe to use.

use super::call::Call;
use crate::diagnostic::Diagnostic;
use crate::onnx::OnnxError;

type Result<T> = std::result::Result<T, Diagnostic>;

impl<'a> Call<'_, 'a> {
    /// An integer.
    pub(super) fn int(&self, name: &str, default: i64) -> Result<i64> {
        Ok(self.read(self.node.int(name))?.unwrap_or(default))
    }

    /// An integer of at least 1.
    pub(super) fn positive(&self, name: &str, default: i64) -> Result<usize> {
        let value = self.int(name, default)?;
        let bad = || self.bad_value(format!("`{name}` is {value}"), "it must be 1 or more");
        usize::try_from(value).ok().filter(|value| *value > 0).ok_or_else(bad)
    }

    /// 0 or 1.
    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.int(name, i64::from(default))? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.bad_value(format!("`{name}` is {other}"), "it must be 0 or 1")),
        }
    }

    /// A finite real number.
    pub(super) fn float(&self, name: &str, default: f32) -> Result<f64> {
        Ok(self.optional_float(name)?.unwrap_or(f64::from(default)))
    }

    /// A finite real number that may be absent.
    pub(super) fn optional_float(&self, name: &str) -> Result<Option<f64>> {
        let value = self.read(self.node.float(name))?;
        match value {
            Some(value) if !value.is_finite() => {
                Err(self.bad_value(format!("`{name}` is {value}"), "it must be finite"))
            }
            value => Ok(value.map(f64::from)),
        }
    }

    /// A word.
    pub(super) fn word(&self, name: &str, default: &'static str) -> Result<&'a str> {
        Ok(self.read(self.node.string(name))?.unwrap_or(default))
    }

    /// A list of integers, empty where absent.
    pub(super) fn ints(&self, name: &str) -> Result<Vec<i64>> {
        Ok(self.optional_ints(name)?.unwrap_or_default())
    }

    /// A list of integers that may be absent.
    pub(super) fn optional_ints(&self, name: &str) -> Result<Option<Vec<i64>>> {
        Ok(self.read(self.node.ints(name))?.map(<[i64]>::to_vec))
    }

    /// A list with one number of at least `least` per spatial axis.
    pub(super) fn per_axis(
        &self,
        name: &str,
        count: usize,
        default: usize,
        least: usize,
    ) -> Result<Vec<usize>> {
        let Some(values) = self.optional_ints(name)? else { return Ok(vec![default; count]) };
        if values.len() != count {
            return Err(
                self.bad_shape(format!("`{name}` has {} numbers where {count} are needed", values.len()))
            );
        }
        let checked =
            |value: &i64| usize::try_from(*value).ok().filter(|value| (least..=MAX_EXTENT).contains(value));
        let all: Option<Vec<usize>> = values.iter().map(checked).collect();
        let help = format!("every number must be {least} or more, and below 2^28");
        all.ok_or_else(|| self.bad_value(format!("`{name}` is {values:?}"), help))
    }

    /// Refuses an attribute that has another value than the one that is modelled.
    pub(super) fn only_int(&self, name: &str, modelled: i64, help: &str) -> Result<()> {
        match self.int(name, modelled)? {
            value if value == modelled => Ok(()),
            value => Err(self.unsupported(format!("`{name}` = {value} is not supported"), help)),
        }
    }

    /// The attribute as the reader gives it, its mistakes as this node's.
    pub(super) fn read<T>(&self, attribute: std::result::Result<T, OnnxError>) -> Result<T> {
        attribute.map_err(|error| {
            let help = miette::Diagnostic::help(&error).map(|help| help.to_string()).unwrap_or_default();
            self.unsupported(error.to_string(), help).at((error.span.start, error.span.end))
        })
    }
}

/// Kernel sizes, strides and paddings beyond this are nonsense and would only overflow sums.
const MAX_EXTENT: usize = 1 << 28;
