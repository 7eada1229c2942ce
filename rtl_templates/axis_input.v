<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,

    input  wire <{ blank }> s_axis_tvalid,
    output wire <{ blank }> s_axis_tready,
    input  wire <{ tdata }> s_axis_tdata,
    input  wire <{ blank }> s_axis_tlast,

    output wire <{ blank }> m_valid,
    input  wire <{ blank }> m_ready,
    output wire <{ m_data }> m_data,

    output reg  <{ blank }> tlast_error  // sticky: tlast came too early, or not at a frame's end
);

    wire take = s_axis_tvalid && s_axis_tready;
<%- if beats > 1 %>

    // The last beat of a frame is where tlast belongs. Where it comes early, the frame is filled up with beats of no
    // meaning, so that the next one begins where a frame begins.
    reg  [<{ bits - 1 }>:0] beat;
    reg  filling;
    wire can_accept;
    wire step = can_accept && (filling || s_axis_tvalid);
    wire last = beat == <{ bits }>'d<{ beats - 1 }>;

    assign s_axis_tready = can_accept && !filling;

    always @(posedge clk)
        if (rst) begin
            beat    <= <{ bits }>'d0;
            filling <= 1'b0;
        end else if (step) begin
            beat    <= last ? <{ bits }>'d0 : beat + 1'b1;
            filling <= (filling || s_axis_tlast) && !last;
        end

    always @(posedge clk)
        if (rst)                               tlast_error <= 1'b0;
        else if (take && s_axis_tlast != last) tlast_error <= 1'b1;
<%- else %>

    // A frame is a single beat: each carries tlast.
    always @(posedge clk)
        if (rst)                        tlast_error <= 1'b0;
        else if (take && !s_axis_tlast) tlast_error <= 1'b1;
<%- endif %>
<%- if tdata_bits > width %>

    // tdata comes in whole bytes.
    wire unused = &{1'b0, s_axis_tdata[<{ tdata_bits - 1 }>:<{ width }>]};
<%- endif %>

    stream_skid #(
        .WIDTH (<{ width }>)
    ) buffer (
        .clk     (clk),
        .rst     (rst),
<%- if beats > 1 %>
        .s_valid (filling || s_axis_tvalid),
        .s_ready (can_accept),
<%- else %>
        .s_valid (s_axis_tvalid),
        .s_ready (s_axis_tready),
<%- endif %>
        .s_data  (s_axis_tdata[<{ width - 1 }>:0]),
        .m_valid (m_valid),
        .m_ready (m_ready),
        .m_data  (m_data)
    );

endmodule

`default_nettype wire
