//! The files of a design: what they hold, and how they come to the disk.

use mpqc_codegen::{CodegenError, File, emit, read_design, rtl_files, write};
use mpqc_ir::design::blocks::MacArray;
use mpqc_ir::design::testing::{Chain, Mac, cases};
use mpqc_ir::design::{Block, Design};
use mpqc_ir::number::IntType;
use std::fs;

/// Unsigned, of `bits` bits.
fn u(bits: u32) -> IntType {
    IntType::quantizer(false, bits, false)
}

fn small() -> Design {
    Chain::new("small").input(u(4), 2, 10).mac(Mac::new(6, 4, 4)).thresholds(u(2), true).finish()
}

/// The modules that were written for this design, and its memories.
#[test]
fn a_small_design_reads_well() {
    let own = |file: &&File| file.path.starts_with("rtl/small") || file.path.starts_with("mem/");
    let files = emit(&small()).unwrap();
    let text: String = files
        .iter()
        .filter(own)
        .map(|file| format!("==== {}\n{}", file.path, String::from_utf8_lossy(&file.contents)))
        .collect();
    insta::assert_snapshot!(text);
}

#[test]
fn the_same_design_gives_the_same_bytes() {
    for design in cases() {
        assert_eq!(emit(&design).unwrap(), emit(&design.clone()).unwrap(), "{}", design.name);
    }
}

#[test]
fn a_design_survives_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    for design in cases() {
        let dir = folder.path().join(&design.name);
        write(&design, &dir, false).unwrap();
        assert_eq!(emit(&read_design(&dir).unwrap()).unwrap(), emit(&design).unwrap(), "{}", design.name);
        assert!(rtl_files(&dir).unwrap().iter().all(|file| file.is_file()), "{}", design.name);
    }
    let left_over = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left_over, cases().len());
}

#[test]
fn a_design_replaces_a_design_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("out");
    write(&small(), &dir, false).unwrap();
    fs::write(dir.join("stale"), "").unwrap();
    write(&small(), &dir, false).unwrap();
    assert!(!dir.join("stale").exists());

    fs::remove_file(dir.join("design.json")).unwrap();
    assert!(matches!(write(&small(), &dir, false), Err(CodegenError::NotOurs(_))));
    write(&small(), &dir, true).unwrap();
    read_design(&dir).unwrap();
}

#[test]
fn module_names_do_not_collide() {
    let design = Chain::new("stream_skid").input(u(4), 2, 10).finish();
    assert!(matches!(emit(&design), Err(CodegenError::NameTaken(name)) if name == "stream_skid"));
}

/// Blocks that a scheduler never makes, but a damaged file may hold, are refused and never written wrong.
#[test]
fn contradictions_are_refused() {
    let refused = |design: Design, change: fn(&mut Block)| {
        let mut design = design;
        design.graph.node_weights_mut().for_each(|node| change(&mut node.block));
        assert!(matches!(emit(&design), Err(CodegenError::Rtl(_))), "{}", design.name);
    };
    let case = |name: &str| cases().into_iter().find(|design| design.name == name).unwrap();
    refused(case("window_padded"), |block| {
        if let Block::Window(window) = block {
            window.capacity = 11;
        }
    });
    refused(case("lines_plain"), |block| {
        if let Block::LineBuffer(buffer) = block {
            buffer.window.pads = [1; 4];
        }
    });
    refused(case("pool_max"), |block| {
        if let Block::Pool(pool) = block {
            pool.pool.kernel = [5, 1];
        }
    });
    refused(case("reorder_whole"), |block| {
        if let Block::Reorder(reorder) = block {
            reorder.group = 5;
        }
    });
    refused(case("mac_classes"), |block| {
        if let Block::MacArray(mac) = block {
            mac.row_bits[1] -= 1;
        }
    });
    refused(case("groups_mac"), |block| {
        if let Block::MacArray(mac) = block {
            mac.pe = 8;
        }
    });
    refused(case("pad_around"), |block| {
        if let Block::Pad(pad) = block {
            pad.lanes = 3;
        }
    });
}

/// Reads the hexadecimal images back as `$readmemh` does: word by word, lane 0 of row 0 in the lowest bits.
#[test]
fn weight_memories_hold_the_weights() {
    let mut checked = 0;
    for design in cases() {
        let files = emit(&design).unwrap();
        for node in design.graph.node_weights() {
            let Block::MacArray(mac) = &node.block else { continue };
            let images: Vec<&File> =
                files.iter().filter(|f| f.path.starts_with(&format!("mem/{}_weights", node.name))).collect();
            if let [image] = images[..] {
                check_image(mac, std::str::from_utf8(&image.contents).unwrap());
                checked += 1;
            }
        }
    }
    assert!(checked > 10);
}

fn check_image(mac: &MacArray, text: &str) {
    let words: Vec<&str> = text.lines().collect();
    assert_eq!(words.len(), mac.depth());
    let (lanes, taps) = (mac.slices(), mac.overlap.taps);
    for ((output, input), weight) in mac.weights.indexed_iter() {
        // All lanes' first taps, then their second, …
        let (element, tap) = (input / taps, input % taps);
        let word = words[(output / mac.pe) * mac.synapse_fold() + element / lanes];
        let (row, lane) = (output % mac.pe, tap * lanes + element % lanes);
        let packed = mac.dsp.products * mac.overlap.pixels * taps > 1;
        let coded = row < mac.dsp.rows && packed && mac.w.is_signed();
        let width = mac.row_bits[row];
        let code = if coded { 1 << (width - 1) } else { 0 };
        let stored = bits(word, mac.row_start(row) + lane * width as usize) & ((1 << width) - 1);
        let w = IntType { bits: width, ..mac.w };
        assert_eq!(w.decode(stored ^ code), *weight, "[{output}][{input}]");
    }
}

/// The bits of a hexadecimal word from `at` on.
fn bits(word: &str, at: usize) -> u64 {
    let bit = |i: usize| {
        let digit = word.len().checked_sub(1 + i / 4).and_then(|d| word[d..=d].chars().next()?.to_digit(16));
        u64::from(digit.unwrap_or(0) >> (i % 4) & 1)
    };
    (0..32).map(|i| bit(at + i) << i).sum()
}
