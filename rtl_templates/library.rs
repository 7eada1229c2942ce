//! The library: modules with parameters, the same text in every design.

use mpqc_ir::design::blocks::RamStyle;

macro_rules! library {
    ($($kind:ident: $name:literal needs [$($need:ident),*],)*) => {
        /// A module of the library.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Library {
            $(#[doc = concat!("`", $name, "`")] $kind,)*
        }

        impl Library {
            /// Every module.
            pub const ALL: &[Library] = &[$(Library::$kind),*];

            /// Name of the module.
            pub fn name(self) -> &'static str {
                match self { $(Library::$kind => $name,)* }
            }

            /// The file.
            pub fn text(self) -> &'static str {
                match self { $(Library::$kind => include_str!(concat!("library/", $name, ".v")),)* }
            }

            /// Modules that this one instantiates.
            pub fn needs(self) -> &'static [Library] {
                match self { $(Library::$kind => &[$(Library::$need),*],)* }
            }
        }
    };
}

library! {
    StreamHalf: "stream_half" needs [],
    StreamSkid: "stream_skid" needs [],
    StreamFork: "stream_fork" needs [StreamSkid],
    Fifo: "fifo" needs [],
    Replay: "replay" needs [],
    WidthUp: "width_up" needs [StreamHalf, StreamSkid],
    WidthDown: "width_down" needs [StreamHalf, StreamSkid],
    Rom: "rom" needs [],
    RomBlock: "rom_block" needs [],
    Ram: "ram" needs [],
    RamBlock: "ram_block" needs [],
    RamUltra: "ram_ultra" needs [],
    Delay: "delay" needs [],
    LutMultiply: "lut_multiply" needs [],
    Popcount: "popcount" needs [],
    Stage: "stage" needs [],
    Adder: "adder" needs [],
    AdderTree: "adder_tree" needs [Stage, Adder],
    GatedPair: "gated_pair" needs [],
    PlaneJoin: "plane_join" needs [],
    PlaneTree: "plane_tree" needs [Stage, PlaneJoin],
    DotPlanes: "dot_planes" needs [Stage, AdderTree, GatedPair, PlaneTree],
    DotPacked: "dot_packed" needs [Stage, AdderTree],
}

impl Library {
    /// The output buffer of a depth of 1 or 2.
    pub fn buffer(depth: u32) -> Library {
        if depth == 1 { Library::StreamHalf } else { Library::StreamSkid }
    }

    /// The memory of a style, to write and to read.
    pub fn ram(style: RamStyle) -> Library {
        match style {
            RamStyle::Distributed => Library::Ram,
            RamStyle::Block => Library::RamBlock,
            RamStyle::Ultra => Library::RamUltra,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_holds_the_module_of_its_name() {
        for module in Library::ALL {
            assert!(module.text().contains(&format!("\nmodule {} #(", module.name())), "{module:?}");
            assert!(module.text().starts_with(&format!("// {}: ", module.name())), "{module:?}");
        }
    }

    #[test]
    fn needs_are_what_the_text_instantiates() {
        for module in Library::ALL {
            let used = Library::ALL
                .iter()
                .filter(|m| *m != module && module.text().contains(&format!("  {} #(", m.name())));
            assert_eq!(used.copied().collect::<Vec<_>>(), module.needs(), "{module:?}");
        }
    }
}
