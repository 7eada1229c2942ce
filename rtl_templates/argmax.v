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

    localparam VALUE = <{ value_bits }>;
    localparam INDEX = <{ index_bits }>;

<% include "parts/flow.v" %>

    // ---- Values of the beat's lanes, and the channel of the first.
<%- for lane in lanes %>
    wire <{ sign }>[VALUE-1:0] value_<{ loop.index0 }> = <{ lane }>;
<%- endfor %>
<%- if let Some(unused) = unused %>
    wire unused_lanes = &{1'b0, <{ unused }>};
<%- endif %>
<%- if flow.beats > 1 %>
    reg [INDEX-1:0] first;

    always @(posedge clk)
        if (rst)                    first <= {INDEX{1'b0}};
        else if (s_valid && enable) first <= last ? {INDEX{1'b0}} : first + <{ index_bits }>'d<{ lanes.len() }>;
<%- endif %>

    // ---- The beat's best lane: a tree of comparisons that keeps the lower channel of equal ones.
<%- for node in tree %>
    wire <{ node.name }>_right = <{ node.right }> > <{ node.left }>;
    wire <{ sign }>[VALUE-1:0] <{ node.name }> = <{ node.name }>_right ? <{ node.right }> : <{ node.left }>;
    wire [INDEX-1:0] <{ node.name }>_lane = <{ node.name }>_right ? <{ node.right_lane }> : <{ node.left_lane }>;
<%- endfor %>

    // ---- Stage 1.
    reg <{ sign }>[VALUE-1:0] value1;
    reg [INDEX-1:0] index1;

    always @(posedge clk)
        if (enable) begin
            value1 <= <{ best }>;
            index1 <= <% if flow.beats > 1 %>first + <% endif %><{ best_lane }>;
        end
<%- if flow.beats > 1 %>

    reg here;  // the stage holds a beat

    always @(posedge clk)
        if (rst)         here <= 1'b0;
        else if (enable) here <= s_valid;

    // ---- The best so far, best first; an earlier channel stays before an equal one.
<%- for rank in ranks %>
    reg held_<{ rank }>;
    reg <{ sign }>[VALUE-1:0] value_held_<{ rank }>;
    reg [INDEX-1:0] index_held_<{ rank }>;
<%- endfor %>
<%- for rank in ranks %>
    wire beats_<{ rank }> = !held_<{ rank }> || value1 > value_held_<{ rank }>;
<%- if *rank == 0 %>
    wire <{ sign }>[VALUE-1:0] value_new_0 = beats_0 ? value1 : value_held_0;
    wire [INDEX-1:0] index_new_0 = beats_0 ? index1 : index_held_0;
<%- else %>
    wire <{ sign }>[VALUE-1:0] value_new_<{ rank }> = beats_<{ rank - 1 }> ? value_held_<{ rank - 1 }> : beats_<{ rank }> ? value1 : value_held_<{ rank }>;
    wire [INDEX-1:0] index_new_<{ rank }> = beats_<{ rank - 1 }> ? index_held_<{ rank - 1 }> : beats_<{ rank }> ? index1 : index_held_<{ rank }>;
<%- endif %>
<%- endfor %>

    always @(posedge clk)
        if (rst || (enable && emit[1])) begin
<%- for rank in ranks %>
            held_<{ rank }> <= 1'b0;
<%- endfor %>
        end else if (enable && here) begin
            held_0 <= 1'b1;
<%- for rank in ranks %>
<%- if *rank > 0 %>
            held_<{ rank }> <= held_<{ rank - 1 }>;
<%- endif %>
<%- endfor %>
        end

    always @(posedge clk)
        if (enable && here) begin
<%- for rank in ranks %>
            value_held_<{ rank }> <= value_new_<{ rank }>;
            index_held_<{ rank }> <= index_new_<{ rank }>;
<%- endfor %>
        end
<%- else %>
    wire <{ sign }>[VALUE-1:0] value_new_0 = value1;
    wire [INDEX-1:0] index_new_0 = index1;
<%- endif %>

    // ---- Result.
    wire [<{ flow.width - 1 }>:0] result;
<%- for code in codes %>
    assign result[<{ loop.index * code_bits - 1 }>:<{ loop.index0 * code_bits }>] = <{ code }>;
<%- endfor %>
<%- if !with_value %>
<%- if flow.beats == 1 %>
    wire unused = &{1'b0, value_new_0};
<%- endif %>
<%- endif %>

<% include "parts/output.v" %>

endmodule

`default_nettype wire
