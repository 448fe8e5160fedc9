module top(input clk, input rst, output [3:0] led, output tx);
  reg [23:0] count = 0;
  reg [7:0] lfsr = 8'h5a;
  reg [7:0] mem [0:63];
  reg [7:0] q;
  always @(posedge clk) begin
    if (rst) begin count <= 0; lfsr <= 8'h5a; end
    else begin
      count <= count + 1;
      lfsr <= {lfsr[6:0], lfsr[7] ^ lfsr[5] ^ lfsr[4] ^ lfsr[3]};
      mem[count[5:0]] <= lfsr * count[13:6];
    end
    q <= mem[count[11:6]];
  end
  assign led = count[23:20] ^ q[3:0];
  assign tx = ^q;
endmodule
