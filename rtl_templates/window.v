<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,

    input  wire <{ blank }> s_valid,
    output wire <{ blank }> s_ready,
    input  wire <{ data }> s_data,

    output wire <{ blank }> m_valid,
    input  wire <{ blank }> m_ready,
    output wire <{ data }> m_data
);

    // ---- Ring: the writer waits while it is full.
    reg  [<{ stored_bits - 1 }>:0] stored;  // words written and not freed
    wire room = stored != <{ stored_bits }>'d<{ capacity }>;
<%- match kept %>
<%- when Condition::Always %>
    wire take = s_valid && room;
    wire write = take;

    assign s_ready = room;
<%- when _ %>
    wire kept;  // a window reads the arriving beat
    wire take  = s_valid && s_ready;
    wire write = take && kept;

    assign s_ready = !kept || room;

    // ---- Position of the arriving beat.<{ writer }>

    assign kept = <{ kept.text() }>;
<%- endmatch %>

    reg  [<{ address_bits - 1 }>:0] write_address;

    always @(posedge clk)
        if (rst)        write_address <= <{ address_bits }>'d0;
        else if (write) write_address <= write_address == <{ address_bits }>'d<{ capacity - 1 }> ? <{ address_bits }>'d0 : write_address + 1'b1;

    // ---- Position of the beat to be read next.
    wire load;<{ reader }>

    // ---- Its word: the distance to it from the next one to be written, which is negative where it is there.
<{ hop }>
<{ ring_hop }>

    reg  [<{ distance_bits - 1 }>:0] distance;
    reg  [<{ address_bits - 1 }>:0] read_address;
<%- if !capacity.is_power_of_two() %>
    wire [<{ address_bits }>:0] next_address = {1'b0, read_address} + {1'b0, ring_hop};
    wire wraps = next_address >= <{ address_bits + 1 }>'d<{ capacity }>;
<%- endif %>

    always @(posedge clk)
        if (rst) distance <= <{ first_distance }>;
        else     distance <= distance + (load ? hop : <{ distance_bits }>'d0) - {<{ distance_bits - 1 }>'d0, write};

    always @(posedge clk)
        if (rst)       read_address <= <{ first_address }>;
<%- if capacity.is_power_of_two() %>
        else if (load) read_address <= read_address + ring_hop;
<%- else %>
        else if (load) read_address <= next_address[<{ address_bits - 1 }>:0] - (wraps ? <{ address_bits }>'d<{ capacity }> : <{ address_bits }>'d0);
<%- endif %>

    // ---- The end of a window frees what no later one reads.
<{ freed }>

    wire frees = load<% if window_ends != Condition::Always %> && <{ window_ends.text() }><% endif %>;

    always @(posedge clk)
        if (rst) stored <= <{ stored_bits }>'d0;
        else     stored <= stored - (frees ? freed : <{ stored_bits }>'d0)<% if stored_bits > 1 %> + {<{ stored_bits - 1 }>'d0, write}<% else %> + write<% endif %>;

    // ---- Output register: the memory's own<% if !padding.is_empty() %>, unless the tap lies in the padding<% endif %>.
    reg  valid;
    wire here = distance[<{ distance_bits - 1 }>];
<%- if !padding.is_empty() %>
    wire padded =
<%- for tap in padding %>
        <% if loop.first %>   <% else %>|| <% endif %>(<{ tap.text() }>)<% if loop.last %>;<% endif %>
<%- endfor %>
    reg  is_code;
    wire [<{ width - 1 }>:0] word;

    assign load   = (here || padded) && (!valid || m_ready);
    assign m_data = is_code ? <{ code }> : word;

    always @(posedge clk)
        if (load) is_code <= padded;
<%- else %>

    assign load = here && (!valid || m_ready);
<%- endif %>

    assign m_valid = valid;

    always @(posedge clk)
        if (rst) valid <= 1'b0;
        else     valid <= load || (valid && !m_ready);

    <{ ram }> #(
        .WIDTH        (<{ width }>),
        .DEPTH        (<{ capacity }>),
        .ADDRESS_BITS (<{ address_bits }>)
    ) ring (
        .clk           (clk),
        .write         (write),
        .write_address (write_address),
        .write_data    (s_data),
        .read          (load),
        .read_address  (read_address),
        .read_data     (<% if !padding.is_empty() %>word<% else %>m_data<% endif %>)
    );

endmodule

`default_nettype wire
