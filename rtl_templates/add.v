<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,

    input  wire <{ blank }> s0_valid,
    output wire <{ blank }> s0_ready,
    input  wire <{ s0_data }> s0_data,

    input  wire <{ blank }> s1_valid,
    output wire <{ blank }> s1_ready,
    input  wire <{ s1_data }> s1_data,

    output wire <{ blank }> m_valid,
    input  wire <{ blank }> m_ready,
    output wire <{ m_data }> m_data
);

    // ---- Flow: the join takes a beat from both or from none.
    wire can_accept;
    reg  emit;  // the stage holds a beat
    wire enable  = !emit || can_accept;
    wire s_valid = s0_valid && s1_valid;

    assign s0_ready = enable && s1_valid;
    assign s1_ready = enable && s0_valid;

    always @(posedge clk)
        if (rst)         emit <= 1'b0;
        else if (enable) emit <= s_valid;
<%- if let Some(lanes) = masked %>
<%- if beats > 1 %>

    // The upper lanes of a vector's last beat are padding.
    reg  [<{ beat_bits - 1 }>:0] beat;
    reg  last_beat;
    wire last = beat == <{ beat_bits }>'d<{ beats - 1 }>;

    always @(posedge clk)
        if (rst)                    beat <= <{ beat_bits }>'d0;
        else if (s_valid && enable) beat <= last ? <{ beat_bits }>'d0 : beat + 1'b1;

    always @(posedge clk)
        if (enable) last_beat <= last;
<%- endif %>
<%- endif %>

    // ---- Stage 1: weighted operands. The sum is taken on the way into the output buffer.
    localparam SUM = <{ sum_bits }>;

    wire [<{ result_bits - 1 }>:0] result;

    genvar i;
    generate
        for (i = 0; i < <{ lanes }>; i = i + 1) begin : lane
<%- for side in sides %>
            wire [<{ side.bits - 1 }>:0] x<{ loop.index0 }> = s<{ loop.index0 }>_data[i*<{ side.bits }> +: <{ side.bits }>];
<%- endfor %>
<%- for side in sides %>
            wire [SUM-1:0] wide<{ loop.index0 }> = <{ side.wide }>;
<%- if let Some(unused) = side.unused %>
            wire unused<{ loop.index0 }> = &{1'b0, <{ unused }>};  // no bit of the sum depends on it
<%- endif %>
<%- endfor %>
            reg  [SUM-1:0] weighted0;
            reg  [SUM-1:0] weighted1;
            wire [SUM-1:0] sum = weighted0 + weighted1;

            always @(posedge clk)
                if (enable) begin
<%- for side in sides %>
                    weighted<{ loop.index0 }> <= <{ side.weighted }>;  // gain <{ side.gain }>
<%- endfor %>
                end
<%- if let Some(last_lanes) = masked %>

            if (i < <{ last_lanes }>) begin : whole
                assign result[i*SUM +: SUM] = sum;
            end else begin : padding
<%- if beats > 1 %>
                assign result[i*SUM +: SUM] = last_beat ? {SUM{1'b0}} : sum;
<%- else %>
                wire unused = &{1'b0, sum};
                assign result[i*SUM +: SUM] = {SUM{1'b0}};
<%- endif %>
            end
<%- else %>

            assign result[i*SUM +: SUM] = sum;
<%- endif %>
        end
    endgenerate

    stream_skid #(
        .WIDTH (<{ result_bits }>)
    ) buffer (
        .clk     (clk),
        .rst     (rst),
        .s_valid (emit),
        .s_ready (can_accept),
        .s_data  (result),
        .m_valid (m_valid),
        .m_ready (m_ready),
        .m_data  (m_data)
    );

endmodule

`default_nettype wire
