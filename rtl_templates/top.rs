//! The top module: ports, streams, instances.

use crate::text::{printable, ranges};
use crate::{Instance, RtlError, Source};
use askama::Template;
use mpqc_ir::design::Stream;

/// An AXI4-Stream port.
#[derive(Clone, Debug)]
pub struct AxisPort {
    /// `s_axis`, `m1_axis`, …
    pub prefix: String,
    /// What flows there.
    pub stream: Stream,
}

/// The top module of a design.
#[derive(Clone, Debug)]
pub struct Top {
    /// Name of the design, and of the module.
    pub name: String,
    /// What the header says besides, a line each.
    pub facts: Vec<String>,
    /// Slave ports.
    pub inputs: Vec<AxisPort>,
    /// Master ports.
    pub outputs: Vec<AxisPort>,
    /// All streams.
    pub streams: Vec<Stream>,
    /// Names of the input adapters.
    pub input_blocks: Vec<String>,
    /// All blocks, by name.
    pub blocks: Vec<(String, Instance)>,
}

#[derive(Template)]
#[template(path = "top.v")]
struct Module {
    header: String,
    name: String,
    blank: String,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    nets: Vec<Net>,
    errors: Vec<String>,
    blocks: Vec<Placed>,
}

struct Port {
    comment: String,
    prefix: String,
    range: String,
}

struct Net {
    comment: String,
    name: String,
    blank: String,
    range: String,
}

struct Placed {
    name: String,
    module: String,
    parameters: Vec<(String, usize)>,
    ports: Vec<(String, String)>,
}

impl Top {
    /// The Verilog of the top module.
    ///
    /// # Errors
    /// Where the template fails, which it does not.
    pub fn to_source(&self) -> Result<Source, RtlError> {
        let longest =
            self.inputs.iter().chain(&self.outputs).map(|port| tdata(port).len()).max().unwrap_or(0);
        let ports = |ports: &[AxisPort]| ports.iter().map(|port| Port::new(port, longest)).collect();
        let module = Module {
            header: self.header(),
            name: self.name.clone(),
            blank: " ".repeat(longest),
            inputs: ports(&self.inputs),
            outputs: ports(&self.outputs),
            nets: self.streams.iter().map(Net::new).collect(),
            errors: self.input_blocks.iter().map(|name| format!("{name}_tlast_error")).collect(),
            blocks: self.blocks.iter().map(Placed::new).collect(),
        };
        Ok(Source::new(self.name.clone(), &module.render()?))
    }

    fn header(&self) -> String {
        let mut lines = vec![format!("// {}: top module", self.name), "//".to_owned()];
        lines.extend(self.facts.iter().map(|fact| format!("// {}", printable(fact))));
        lines.join("\n")
    }
}

fn tdata(port: &AxisPort) -> String {
    ranges([port.stream.width().next_multiple_of(8)]).0.concat()
}

/// `10 x i4, in beats of 4`.
fn layout(stream: &Stream) -> String {
    let Stream { vector, vectors, repeats, lanes, elem, .. } = stream;
    let times = if *repeats > 1 { format!(", each {repeats} times") } else { String::new() };
    let each =
        if *vectors > 1 { format!("{vectors} x {vector} x {elem}") } else { format!("{vector} x {elem}") };
    format!("{each} per frame{times}, in beats of {lanes}")
}

impl Port {
    fn new(port: &AxisPort, longest: usize) -> Self {
        let range = format!("{:<longest$}", tdata(port));
        Port { comment: layout(&port.stream), prefix: port.prefix.clone(), range }
    }
}

impl Net {
    fn new(stream: &Stream) -> Self {
        let ([range], blank) = ranges([stream.width()]);
        Net { comment: layout(stream), name: stream.name.clone(), blank, range }
    }
}

impl Placed {
    fn new((name, instance): &(String, Instance)) -> Self {
        let (module, name) = (instance.module.clone(), name.clone());
        Placed { name, module, parameters: aligned(&instance.parameters), ports: aligned(&instance.ports) }
    }
}

/// Pairs with their first halves padded to the longest.
fn aligned<N: AsRef<str>, T: Clone>(pairs: &[(N, T)]) -> Vec<(String, T)> {
    let longest = pairs.iter().map(|(name, _)| name.as_ref().len()).max().unwrap_or(0);
    pairs.iter().map(|(name, value)| (format!("{:<longest$}", name.as_ref()), value.clone())).collect()
}
