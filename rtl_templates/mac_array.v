<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,

    input  wire <{ blank }> s_valid,
    output wire <{ blank }> s_ready,
    input  wire <{ s_data }> s_data,

    output wire <{ blank }> m_valid,
    input  wire <{ blank }> m_ready,
    output wire <{ m_data }> m_data
);

    localparam PE       = <{ mac.pe }>;
    localparam X_BITS   = <{ x_bits }>;  // activations of a beat: <{ mac.simd }> x <{ mac.x }>
    localparam W_BITS   = <{ w_bits }>;  // weights of a row for it: <{ mac.simd }> x <{ mac.w }>
    localparam DOT_BITS = <{ dot_bits }>;
    localparam ACC_BITS = <{ acc_bits }>;

<% include "parts/flow.v" %>
<%- if mac.synapse_fold() > 1 %>

    reg [<{ flow.stages }>:1] here;  // stage i holds a beat

    always @(posedge clk)
        if (rst)         here <= <{ flow.stages }>'d0;
        else if (enable) here <= <{ flow.shift("here", "s_valid") }>;
<%- endif %>

    // ---- Stage 1: operands.
    reg  [X_BITS-1:0]    x1;
    wire [PE*W_BITS-1:0] w1;

    always @(posedge clk)
        if (enable) x1 <= s_data;
<%- if mac.depth() > 1 %>
<%- if mac.neuron_fold() > 1 %>

    // A word of weights for each beat of each sending of the vector.
    reg  [<{ address_bits - 1 }>:0] address;
    wire last_word = address == <{ address_bits }>'d<{ mac.depth() - 1 }>;

    always @(posedge clk)
        if (rst)                    address <= <{ address_bits }>'d0;
        else if (s_valid && enable) address <= last_word ? <{ address_bits }>'d0 : address + 1'b1;
<%- endif %>
<%- for m in memories %>

    <{ rom }> #(
        .WIDTH        (<{ m.width }>),
        .DEPTH        (<{ mac.depth() }>),
        .ADDRESS_BITS (<{ address_bits }>),
        .FILE         ("<{ m.path }>")
    ) <{ m.name }> (
        .clk     (clk),
        .enable  (enable),
        .address (<% if mac.neuron_fold() > 1 %>address<% else %>beat<% endif %>),
        .data    (w1[<{ m.first + m.width - 1 }>:<{ m.first }>])
    );
<%- endfor %>
<%- else %>

    // The weights of row i, constant for the whole vector.
<%- for word in constants %>
    localparam [W_BITS-1:0] WEIGHTS_<{ loop.index0 }> = <{ word }>;
<%- endfor %>

    assign w1 = {
<%- for _ in constants %>
        WEIGHTS_<{ constants.len() - 1 - loop.index0 }><% if !loop.last %>,<% endif %>
<%- endfor %>
    };
<%- endif %>
<%- if let Some(first) = ragged %>

    // The last group of rows is not whole, and weights of one bit have no zero: send zeros there.
<%- if mac.neuron_fold() > 1 %>
    reg [<{ flow.stages }>:1] last_group;

    always @(posedge clk)
        if (enable) last_group <= <{ flow.shift("last_group", &last_group) }>;
<%- endif %>
<%- endif %>

    // ---- <% if flow.stages > 2 %>Stages 2 to <{ flow.stages }><% else %>Stage 2<% endif %>: dot products<% if mac.synapse_fold() > 1 %>, summed over the vector on the way into the output buffer<% endif %>.
<%- if has_start %>
    // Signs that are equal count +1, others -1: twice the equal ones, less the number of inputs.
<%- endif %>
    wire [PE*ACC_BITS-1:0] result;

    genvar row;
    generate
        for (row = 0; row < PE; row = row + 1) begin : rows
            wire [DOT_BITS-1:0] dot;
            wire [ACC_BITS-1:0] term = <{ term }>;
<%- if let Some(unused) = unused %>
            wire                unused = &{1'b0, <{ unused }>};  // sums wrap to the accumulator
<%- endif %>

            <{ module }>_dot dot_product (
                .clk    (clk),
                .enable (enable),
                .x      (x1),
                .w      (w1[row*W_BITS +: W_BITS]),
                .sum    (dot)
            );
<%- if mac.synapse_fold() > 1 %>

            reg  [ACC_BITS-1:0] sum;
            wire [ACC_BITS-1:0] total = sum + term;

            always @(posedge clk)
                if (rst || (enable && emit[<{ flow.stages }>])) sum <= <{ start }>;
                else if (enable && here[<{ flow.stages }>])     sum <= total;
<%- else %>

            wire [ACC_BITS-1:0] total = <% if has_start %><{ start }> + <% endif %>term;
<%- endif %>
<%- if let Some(first) = ragged %>

            if (row < <{ first }>) begin : whole
                assign result[row*ACC_BITS +: ACC_BITS] = total;
            end else begin : missing
<%- if mac.neuron_fold() > 1 %>
                assign result[row*ACC_BITS +: ACC_BITS] = last_group[<{ flow.stages }>] ? {ACC_BITS{1'b0}} : total;
<%- else %>
                wire unused_total = &{1'b0, total};
                assign result[row*ACC_BITS +: ACC_BITS] = {ACC_BITS{1'b0}};
<%- endif %>
            end
<%- else %>

            assign result[row*ACC_BITS +: ACC_BITS] = total;
<%- endif %>
        end
    endgenerate

<% include "parts/output.v" %>

endmodule

`default_nettype wire
