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
<%- if overlaps %>
    localparam PIXELS   = <{ mac.overlap.pixels }>;  // of a vector
    localparam TAPS     = <{ mac.overlap.taps }>;  // of a weight
    localparam COLUMNS  = PIXELS + TAPS - 1;  // on which they fall
<%- endif %>
    localparam X_BITS   = <{ x_bits }>;  // activations of a beat: <{ mac.simd }> x <{ mac.x }>
<%- if mac.is_even() %>
    localparam W_BITS   = <{ w_bits }>;  // weights of a row for it: <{ mac.row_weights() }> x <{ mac.w }>
<%- else %>
<%- if mac.dsp.rows > 0 %>
    localparam W_BITS   = <{ w_bits }>;  // weights of a row in DSP slices for it: <{ mac.row_weights() }> x <{ mac.w }>
<%- endif %>
    localparam WORD     = <{ word_bits }>;  // weights of all rows for it
<%- endif %>
    localparam DOT_BITS = <{ dot_bits }>;
<%- if overlaps %>
    localparam ROW_BITS = COLUMNS * DOT_BITS;
<%- endif %>
    localparam ACC_BITS = <{ acc_bits }>;

<%- if mac.overlap.taps > 1 %>

    reg  [<{ column_bits - 1 }>:0] column;  // which vector of a row of the image arrives
<%- endif %>

<% include "parts/flow.v" %>
<%- if mac.synapse_fold() > 1 %>

    reg [<{ flow.stages }>:1] here;  // stage i holds a beat

    always @(posedge clk)
        if (rst)         here <= <{ flow.stages }>'d0;
        else if (enable) here <= <{ flow.shift("here", "s_valid") }>;
<%- endif %>

<% include "parts/operands.v" %>
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
        .data    (<% if operand_stages > 1 %>w0<% else %>w1<% endif %>[<{ m.first + m.width - 1 }>:<{ m.first }>])
    );
<%- endfor %>
<%- else %>

    // The weights of row i, constant for the whole vector.
<%- for word in constants %>
    localparam [<{ word.msb }>:0] WEIGHTS_<{ loop.index0 }> = <{ word.literal }>;
<%- endfor %>

    assign w1 = {
<%- for _ in constants %>
        WEIGHTS_<{ constants.len() - 1 - loop.index0 }><% if !loop.last %>,<% endif %>
<%- endfor %>
    };
<%- endif %>
<%- if mac.overlap.taps > 1 %>

    // Vectors of a row of the image: the first follows nothing, and what <{ mac.overlap.early() }> complete<% if mac.overlap.early() == 1 %>s<% endif %> stands before the row.
    wire last_column = column == <{ column_bits }>'d<{ mac.overlap.columns - 1 }>;

    always @(posedge clk)
        if (rst)                                <{ column_pad }>column <= <{ column_bits }>'d0;
        else if (s_valid && enable && <{ vector_ends }>) column <= last_column ? <{ column_bits }>'d0 : column + 1'b1;

    reg [<{ flow.stages }>:1] ends;   // stage i holds the last beat of a pass
    reg [<{ flow.stages }>:1] leads;  // stage i holds a beat of a row's first vector

    always @(posedge clk)
        if (rst)         ends <= <{ flow.stages }>'d0;
        else if (enable) ends <= <{ flow.shift("ends", pass_ends) }>;

    always @(posedge clk)
        if (enable) leads <= <{ flow.shift("leads", &first_column) }>;
<%- endif %>
<%- if let Some(first) = ragged %>

    // The last group of rows is not whole, and weights of one bit have no zero: send zeros there.
<%- if mac.neuron_fold() > 1 %>
    reg [<{ flow.stages }>:1] last_group;

    always @(posedge clk)
        if (enable) last_group <= <{ flow.shift("last_group", &last_group) }>;
<%- endif %>
<%- endif %>

    // ---- <% if flow.stages > operand_stages + 1 %>Stages <{ operand_stages + 1 }> to <{ flow.stages }><% else %>Stage <{ operand_stages + 1 }><% endif %>: dot products.
    wire [PE*<{ dots }>-1:0] dots;
<%- if mac.slices() > mac.overlap.chunk && overlaps %>

    // A beat is chunks of every pixel in turn: pixel after pixel.
    localparam CHUNK = <{ mac.overlap.chunk * mac.x.bits as usize }>;

    wire [X_BITS-1:0] x_pixels;

    genvar chunk, pixel;
    generate
        for (chunk = 0; chunk < <{ mac.slices() / mac.overlap.chunk }>; chunk = chunk + 1) begin : chunks
            for (pixel = 0; pixel < PIXELS; pixel = pixel + 1) begin : pixels
                assign x_pixels[pixel*X_BITS/PIXELS + chunk*CHUNK +: CHUNK] = x1[(chunk*PIXELS+pixel)*CHUNK +: CHUNK];
            end
        end
    endgenerate
<%- endif %>

    genvar row;
<%- if let Some(p) = rows.packed %>

    // Rows 0 to <{ mac.dsp.rows - 1 }>: <{ p.packing.products }> products in a DSP slice.
<%- if overlaps %>
<% include "mac_array/excess.v" %>
<%- else if p.packing.offset %>
    wire [<{ p.excess_bits - 1 }>:0] x_total;
    wire [<{ p.excess_bits - 1 }>:0] excess;

    adder_tree #(
        .TERMS     (<{ mac.simd }>),
        .IN        (<{ mac.x.bits }>),
        .OUT       (<{ p.excess_bits }>),
        .SIGNED    (<{ p.x_signed }>),
        .LEVEL     (0),
        .LAST      (<{ p.excess_levels }>),
        .PER_STAGE (<{ mac.per_stage }>)
    ) x_sum (
        .clk    (clk),
        .enable (enable),
        .terms  (x1),
        .sum    (x_total)
    );
<%- if p.excess_wait > 0 %>

    delay #(
        .WIDTH (<{ p.excess_bits }>),
        .DEPTH (<{ p.excess_wait }>)
    ) x_wait (
        .clk  (clk),
        .step (enable),
        .in   (x_total),
        .out  (excess)
    );
<%- else %>

    assign excess = x_total;
<%- endif %>
<%- else %>
    wire [<{ p.excess_bits - 1 }>:0] excess = <{ p.excess_bits }>'d0;
<%- endif %>

    localparam DSP_ROWS = <{ mac.dsp.rows }>;
    localparam PRODUCTS = <{ p.packing.products }>;

    generate
        for (row = 0; row < DSP_ROWS; row = row + PRODUCTS) begin : packed_rows
            localparam ROWS = row + PRODUCTS > DSP_ROWS ? DSP_ROWS - row : PRODUCTS;

            wire [ROWS*<{ dots }>-1:0] sums;

            dot_packed #(
                .ROWS      (ROWS),
<%- if overlaps %>
                .PIXELS    (PIXELS),
                .TAPS      (TAPS),
<%- endif %>
                .SIMD      (<{ mac.slices() }>),
                .X_BITS    (<{ mac.x.bits }>),
                .X_SIGNED  (<{ p.x_signed }>),
                .W_BITS    (<{ mac.w.bits }>),
                .W_SIGNED  (<{ p.w_signed }>),
                .CODED     (<{ p.coded }>),
                .PITCH     (<{ p.packing.pitch }>),
                .LENGTH    (<{ p.packing.length }>),
                .CHAINS    (<{ p.packing.chains }>),
                .ADDED     (<{ p.packing.levels_packed() }>),
                .UNPACKED  (<{ p.packing.levels_unpacked() }>),
                .LAST      (<{ p.levels }>),
                .PER_STAGE (<{ mac.per_stage }>),
                .EXCESS    (<{ p.excess_bits }>),
                .OUT       (DOT_BITS)
            ) dot_products (
                .clk    (clk),
                .enable (enable),
                .x      (<{ x }>),
                .w      (w1[row*W_BITS +: ROWS*W_BITS]),
                .excess (excess),
                .sums   (sums)
            );
<%- if p.wait > 0 %>

            delay #(
                .WIDTH (ROWS * <{ dots }>),
                .DEPTH (<{ p.wait }>)
            ) wait_for_others (
                .clk  (clk),
                .step (enable),
                .in   (sums),
                .out  (dots[row*<{ dots }> +: ROWS*<{ dots }>])
            );
<%- else %>

            assign dots[row*<{ dots }> +: ROWS*<{ dots }>] = sums;
<%- endif %>
        end
    endgenerate
<%- endif %>
<%- for class in rows.lut %>
<%- if !mac.is_even() %>

    // Rows <{ class.first }> to <{ class.end - 1 }>: in look-up tables, weights of <{ class.bits }> bits.
<%- else if rows.packed.is_some() %>

    // The other rows: in look-up tables.
<%- endif %>

    generate
        for (row = <{ class.first }>; row < <% if class.end == mac.pe %>PE<% else %><{ class.end }><% endif %>; row = row + 1) begin : <{ class.name }>
            wire [<{ dots }>-1:0] sum;
<% for column in class.columns %>
<%- if column.lag > 0 %>
            wire [DOT_BITS-1:0] <{ column.sum }>;  // fewer products fall here
<% endif %>
<%- if let Some(p) = column.planes %>
            dot_planes #(
                .SIMD      (<{ p.planes.simd }>),
                .X_BITS    (<{ p.planes.term.bits }>),
                .X_SIGNED  (<{ p.term_signed }>),
                .W_BITS    (<{ p.planes.gate.bits }>),
                .W_SIGNED  (<{ p.gate_signed }>),
                .OUT       (DOT_BITS),
                .PLANE     (<{ p.planes.plane_bits() }>),
                .PLANED    (<{ p.planes.levels_of_plane() }>),
                .LAST      (<{ p.levels }>),
                .PER_STAGE (<{ mac.per_stage }>)
            ) <{ column.name }> (
<%- else %>
            <{ module }>_dot <{ column.name }> (
<%- endif %>
                .clk    (clk),
                .enable (enable),
<%- if column.by_activations() %>
                .x      (<{ column.w }>),  // bit planes of the activations
                .w      (<{ column.x }>),
<%- else %>
                .x      (<{ column.x }>),
                .w      (<{ column.w }>),
<%- endif %>
                .sum    (<{ column.sum }>)
            );
<%- if column.lag > 0 %>

            delay #(
                .WIDTH (DOT_BITS),
                .DEPTH (<{ column.lag }>)
            ) <{ column.name }>_lag (
                .clk  (clk),
                .step (enable),
                .in   (<{ column.sum }>),
                .out  (<{ column.place }>)
            );
<%- endif %>
<%- if !loop.last %>
<% endif %>
<%- endfor %>
<%- if class.wait > 0 %>

            delay #(
                .WIDTH (<{ dots }>),
                .DEPTH (<{ class.wait }>)
            ) wait_for_others (
                .clk  (clk),
                .step (enable),
                .in   (sum),
                .out  (dots[row*<{ dots }> +: <{ dots }>])
            );
<%- else %>

            assign dots[row*<{ dots }> +: <{ dots }>] = sum;
<%- endif %>
        end
    endgenerate
<%- endfor %>
<% if overlaps %>
<% include "mac_array/columns.v" %>
<%- else %>
    // ---- <% if mac.synapse_fold() > 1 %>Summed over the vector on the way into the output buffer.<% else %>To the output buffer.<% endif %>
<%- if has_start %>
    // Signs that are equal count +1, others -1: twice the equal ones, less the number of inputs.
<%- endif %>
    wire [PE*ACC_BITS-1:0] result;

    generate
        for (row = 0; row < PE; row = row + 1) begin : rows
            wire [DOT_BITS-1:0] dot  = dots[row*DOT_BITS +: DOT_BITS];
            wire [ACC_BITS-1:0] term = <{ term }>;
<%- if let Some(unused) = unused %>
            wire                unused = &{1'b0, <{ unused }>};  // sums wrap to the accumulator
<%- endif %>
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
<%- endif %>

<% include "parts/output.v" %>

endmodule

`default_nettype wire
