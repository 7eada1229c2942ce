//! Constant tensors as the front end sees them, and parameters along an axis.

use crate::number::IntType;
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

/// A parameter of a quantizer or normalization: one value, or one per index of an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisParam {
    /// One value, or as many as the axis is long.
    pub values: Vec<f64>,
    /// The axis of the tensor that `values` runs along; `None` for a single value.
    pub axis: Option<usize>,
}

impl AxisParam {
    /// One value for the whole tensor.
    pub fn scalar(value: f64) -> Self {
        AxisParam { values: vec![value], axis: None }
    }

    /// The value at `index` of the axis.
    pub fn at(&self, index: usize) -> f64 {
        if self.values.len() == 1 { self.values[0] } else { self.values[index] }
    }

    /// The value for the element at a full tensor index.
    pub fn at_element(&self, index: &[usize]) -> f64 {
        self.axis.map_or(self.values[0], |axis| self.at(index[axis]))
    }
}

/// The data of a constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constant {
    /// Real numbers (float32 and wider floats are exact in float64).
    Float(ArrayD<f64>),
    /// Integers: shapes, indices, stored codes.
    Int(ArrayD<i64>),
    /// A quantized constant: real value = scale · (code − zero point).
    Quantized {
        /// Integer codes.
        codes: ArrayD<i64>,
        /// The quantizer's type (the codes may span less of it).
        ty: IntType,
        /// Scale, per tensor or along an axis.
        scale: AxisParam,
        /// Zero point, per tensor or along an axis.
        zero_point: AxisParam,
    },
}

impl Constant {
    /// Shape of the data.
    pub fn shape(&self) -> &[usize] {
        match self {
            Constant::Float(a) => a.shape(),
            Constant::Int(a) | Constant::Quantized { codes: a, .. } => a.shape(),
        }
    }

    /// The real values, in float64.
    pub fn to_real(&self) -> ArrayD<f64> {
        match self {
            Constant::Float(a) => a.clone(),
            Constant::Int(a) => a.mapv(|v| v as f64),
            Constant::Quantized { codes, scale, zero_point, .. } => {
                let mut real = codes.mapv(|v| v as f64);
                for (index, v) in real.indexed_iter_mut() {
                    let index = ndarray::Dimension::slice(&index);
                    *v = scale.at_element(index) * (*v - zero_point.at_element(index));
                }
                real
            }
        }
    }
}

/// Serde for integer matrices as base64 of little-endian values of the narrowest of 1, 2, 4 or 8 bytes:
/// a design of a million weights stays a readable, loadable JSON file.
pub mod matrix {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use ndarray::Array2;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use std::sync::Arc;

    #[derive(Serialize, Deserialize)]
    struct Packed {
        rows: usize,
        columns: usize,
        bytes_per_value: usize,
        base64: String,
    }

    /// Writes the matrix.
    pub fn serialize<S: Serializer>(matrix: &Arc<Array2<i64>>, serializer: S) -> Result<S::Ok, S::Error> {
        let width = matrix.iter().map(|v| bytes_for(*v)).max().unwrap_or(1);
        let bytes: Vec<u8> = matrix.iter().flat_map(|v| v.to_le_bytes().into_iter().take(width)).collect();
        let (rows, columns) = matrix.dim();
        Packed { rows, columns, bytes_per_value: width, base64: STANDARD.encode(bytes) }.serialize(serializer)
    }

    /// Reads the matrix.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Array2<i64>>, D::Error> {
        let packed = Packed::deserialize(deserializer)?;
        if !(1..=8).contains(&packed.bytes_per_value) {
            return Err(D::Error::custom("bytes_per_value is not 1 to 8"));
        }
        let bytes = STANDARD.decode(&packed.base64).map_err(D::Error::custom)?;
        let values = bytes.chunks(packed.bytes_per_value).map(sign_extend).collect();
        Array2::from_shape_vec((packed.rows, packed.columns), values).map(Arc::new).map_err(D::Error::custom)
    }

    fn bytes_for(v: i64) -> usize {
        [1usize, 2, 4].into_iter().find(|n| v >> (8 * n - 1) == v >> 63).unwrap_or(8)
    }

    fn sign_extend(chunk: &[u8]) -> i64 {
        let negative = chunk.last().is_some_and(|b| b & 0x80 != 0);
        let mut bytes = [if negative { 0xff } else { 0 }; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        i64::from_le_bytes(bytes)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[derive(Serialize, Deserialize)]
        struct Holder(#[serde(with = "super")] Arc<Array2<i64>>);

        #[test]
        fn survives_the_round_trip() {
            for values in [vec![-128, 127], vec![-129, 128], vec![i64::MIN, i64::MAX], vec![0, 65536]] {
                let matrix = Arc::new(Array2::from_shape_vec((1, 2), values).unwrap());
                let text = serde_json::to_string(&Holder(matrix.clone())).unwrap();
                assert_eq!(serde_json::from_str::<Holder>(&text).unwrap().0, matrix);
            }
        }
    }
}
