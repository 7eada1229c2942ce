//! What was synthesized, in primitives and in the resources of a target.

use mpqc_ir::design::{Family, Resources};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What Yosys made of a unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// In the resources that costs are stated in; `lut` is `logic_cells + ram_luts + shift_luts` (on ECP5 half of it: two
    /// four-input tables are counted as one).
    pub resources: Resources,
    /// Tables of logic as they are, each counted once whatever its size.
    pub lut_cells: u64,
    /// Yosys' estimate of the tables of logic when small ones share a LUT6 (ECP5: tables, and two for a carry cell).
    pub logic_cells: u64,
    /// Tables that distributed memories take.
    pub ram_luts: u64,
    /// Tables that shift registers take.
    pub shift_luts: u64,
    /// Of a chip of one's own: its logic in gates of two inputs (NAND2), flip-flops not among them.
    #[serde(default)]
    pub gates: u64,
    /// Every primitive.
    pub cells: BTreeMap<String, u64>,
}

/// The part of `stat -json` that is read: the flat design.
#[derive(Deserialize)]
struct Statistics {
    design: Flat,
}

#[derive(Deserialize)]
struct Flat {
    num_cells_by_type: BTreeMap<String, u64>,
    estimated_num_lc: Option<u64>,
}

/// Where a primitive is counted.
enum Kind {
    Lut,
    Ram(u64),
    Shift,
    FlipFlop,
    Dsp,
    /// In blocks of 18 kbit.
    BlockRam(u64),
    UltraRam,
    /// Tables in a carry cell.
    Carry(u64),
    /// Hundredths of a NAND2.
    Gate(u64),
    /// Multiplexers and inverters that come with other primitives, and notes.
    Free,
}

impl Counts {
    /// Reads the JSON of `stat`; cells of the modules `boxes` are left out.
    pub(super) fn parse(text: &str, family: Family, boxes: &[&str]) -> Result<Self, String> {
        let Statistics { design } = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut cells = design.num_cells_by_type;
        cells.retain(|name, _| !is_box(name, boxes));
        let mut counts = Counts::default();
        let mut carry_luts = 0;
        for (name, number) in &cells {
            let kind = kind(name, family).ok_or_else(|| format!("the primitive {name} is not known"))?;
            carry_luts += counts.add(&kind, *number);
        }
        counts.gates = counts.gates.div_ceil(100);
        counts.logic_cells = match family {
            Family::UltrascalePlus | Family::Series7 => {
                design.estimated_num_lc.ok_or("no estimate of logic cells")?
            }
            Family::Ecp5 => counts.lut_cells + carry_luts,
            Family::Asic => counts.gates.div_ceil(GATES_PER_LUT),
        };
        let luts = counts.logic_cells + counts.ram_luts + counts.shift_luts;
        counts.resources.lut = if family == Family::Ecp5 { luts.div_ceil(2) } else { luts };
        counts.cells = cells;
        Ok(counts)
    }

    /// Counts primitives of a kind; returns how many tables are in their carry cells.
    fn add(&mut self, kind: &Kind, number: u64) -> u64 {
        match kind {
            Kind::Lut => self.lut_cells += number,
            Kind::Ram(luts) => self.ram_luts += luts * number,
            Kind::Shift => self.shift_luts += number,
            Kind::FlipFlop => self.resources.ff += number,
            Kind::Dsp => self.resources.dsp += number,
            Kind::BlockRam(halves) => self.resources.bram18 += halves * number,
            Kind::UltraRam => self.resources.uram += number,
            Kind::Carry(luts) => return luts * number,
            // Hundredths until all are added up.
            Kind::Gate(hundredths) => self.gates += hundredths * number,
            Kind::Free => {}
        }
        0
    }
}

/// A black box, possibly with parameters: `$paramod\fifo\WIDTH=…`.
fn is_box(name: &str, boxes: &[&str]) -> bool {
    let derived = name
        .strip_prefix("$paramod")
        .is_some_and(|rest| rest.split('\\').skip(1).any(|part| boxes.contains(&part)));
    derived || boxes.contains(&name)
}

fn kind(name: &str, family: Family) -> Option<Kind> {
    match family {
        _ if name == "$scopeinfo" => Some(Kind::Free),
        Family::UltrascalePlus | Family::Series7 => amd(name),
        Family::Ecp5 => ecp5(name),
        Family::Asic => generic(name),
    }
}

/// Primitives of AMD's devices (UG974, UG953), with the LUTs that a distributed memory takes.
fn amd(name: &str) -> Option<Kind> {
    Some(match name {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" => Kind::Lut,
        "RAM32M16" | "RAM64M8" | "RAM32X16DR8" | "RAM64X8SW" | "RAM256X1D" | "RAM512X1S" => Kind::Ram(8),
        "RAM32M" | "RAM64M" | "RAM128X1D" | "RAM256X1S" => Kind::Ram(4),
        "RAM32X1D" | "RAM64X1D" | "RAM32X2S" | "RAM128X1S" => Kind::Ram(2),
        "RAM32X1S" | "RAM64X1S" => Kind::Ram(1),
        "SRL16E" | "SRLC32E" => Kind::Shift,
        "FDRE" | "FDSE" | "FDCE" | "FDPE" => Kind::FlipFlop,
        "DSP48E2" | "DSP48E1" => Kind::Dsp,
        "RAMB18E2" | "RAMB18E1" => Kind::BlockRam(1),
        "RAMB36E2" | "RAMB36E1" => Kind::BlockRam(2),
        "URAM288" | "URAM288_BASE" => Kind::UltraRam,
        "CARRY4" | "CARRY8" | "MUXF7" | "MUXF8" | "MUXF9" | "INV" | "BUFG" => Kind::Free,
        _ => return None,
    })
}

/// Primitives of the ECP5 (FPGA-TN-02205); a distributed memory takes a slice for its write port and two for its data.
fn ecp5(name: &str) -> Option<Kind> {
    Some(match name {
        "LUT4" => Kind::Lut,
        "CCU2C" => Kind::Carry(2),
        "TRELLIS_DPR16X4" => Kind::Ram(6),
        "TRELLIS_FF" => Kind::FlipFlop,
        "MULT18X18D" => Kind::Dsp,
        "DP16KD" | "PDPW16KD" => Kind::BlockRam(1),
        "PFUMX" | "L6MUX21" | "GSR" | "PUR" => Kind::Free,
        _ => return None,
    })
}

/// Gates that are worth a LUT6: the logic of docs/measure.md's designs as gates, divided by what it takes of UltraScale+.
const GATES_PER_LUT: u64 = 10;

/// Yosys' gates, each as large beside a NAND2 as in the NanGate 45 nm open cell library, and the macros of memories.
fn generic(name: &str) -> Option<Kind> {
    Some(match name {
        "$_NOT_" => Kind::Gate(67),
        "$_NAND_" | "$_NOR_" => Kind::Gate(100),
        "$_AND_" | "$_OR_" | "$_AOI3_" | "$_OAI3_" => Kind::Gate(133),
        "$_XOR_" | "$_XNOR_" => Kind::Gate(200),
        "$_MUX_" => Kind::Gate(233),
        "$_DFF_P_" => Kind::FlipFlop,
        "$__REGISTER_FILE_" => Kind::Ram(8),
        "$__SRAM_" => Kind::BlockRam(1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(cells: &str, lc: u64, family: Family) -> Result<Counts, String> {
        let text = format!(
            r#"{{"creator": "Yosys", "design": {{"num_cells_by_type": {{{cells}}}, "estimated_num_lc": {lc}}}}}"#
        );
        Counts::parse(&text, family, &["fifo"])
    }

    #[test]
    fn logic_memories_and_shift_registers_are_tables() {
        let cells = r#""LUT2": 4, "LUT6": 3, "RAM32M16": 2, "SRLC32E": 5, "FDRE": 7, "CARRY4": 9, "RAMB36E2": 3,
            "RAMB18E2": 1, "DSP48E2": 2, "URAM288": 1, "INV": 1, "$scopeinfo": 8"#;
        let counts = counts(cells, 5, Family::UltrascalePlus).unwrap();
        assert_eq!((counts.lut_cells, counts.logic_cells, counts.ram_luts, counts.shift_luts), (7, 5, 16, 5));
        assert_eq!(counts.resources, Resources { lut: 26, ff: 7, dsp: 2, bram18: 7, uram: 1 });
    }

    #[test]
    fn tables_of_four_inputs_count_half() {
        let cells =
            r#""LUT4": 11, "CCU2C": 3, "TRELLIS_DPR16X4": 1, "TRELLIS_FF": 2, "PFUMX": 4, "DP16KD": 1"#;
        let counts = counts(cells, 0, Family::Ecp5).unwrap();
        assert_eq!((counts.logic_cells, counts.ram_luts, counts.resources.lut), (17, 6, 12));
        assert_eq!(counts.resources.bram18, 1);
    }

    #[test]
    fn gates_are_worth_tables() {
        let cells = r#""$_NAND_": 30, "$_MUX_": 10, "$_DFF_P_": 4, "$__REGISTER_FILE_": 2, "$__SRAM_": 3"#;
        let counts = counts(cells, 0, Family::Asic).unwrap();
        assert_eq!((counts.gates, counts.logic_cells, counts.ram_luts), (54, 6, 16));
        assert_eq!(counts.resources, Resources { lut: 22, ff: 4, bram18: 3, ..Resources::default() });
    }

    #[test]
    fn black_boxes_are_not_counted_and_the_unknown_is_refused() {
        let boxes = r#""fifo": 1, "$paramod\\fifo\\WIDTH=s32'1": 2, "LUT1": 1"#;
        assert_eq!(counts(boxes, 1, Family::Series7).unwrap().lut_cells, 1);
        let error = counts(r#""FDXX": 1"#, 1, Family::Series7).unwrap_err();
        assert!(error.contains("FDXX"), "{error}");
    }
}
