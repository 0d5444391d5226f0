using System.Buffers.Binary;
using System.Text;
using Fabric.Messages.Cni;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Cni.Tests;

/// <summary>The wire frame: round trips, stored bytes, and hostile input.</summary>
public sealed class FrameTests
{
    private static readonly CniRequestFrame Request = new(
        "ADD", "c0ffee", "/run/netns/é", "eth0", "A=1", "/opt/cni/bin", CniNetNs.Attached, "{}"u8.ToArray());

    private static ReadOnlySpan<byte> Payload(ReadOnlyMemory<byte> frame, CniFrameKind kind)
    {
        Assert.Equal(CniFrameFault.None, CniFrameHeader.Read(frame.Span, out var header));
        Assert.Equal(kind, header.Kind);
        Assert.Equal(frame.Length - CniProtocol.HeaderLength, header.PayloadLength);
        return frame.Span[CniProtocol.HeaderLength..];
    }

    [Fact]
    public void A_request_survives_the_wire()
    {
        Assert.Equal(CniFrameFault.None, CniRequestFrame.Decode(Payload(Request.Encode(), CniFrameKind.Request), out var decoded));
        Assert.Equal(Request with { Stdin = default }, decoded! with { Stdin = default });
        Assert.Equal(Request.Stdin.ToArray(), decoded!.Stdin.ToArray());
    }

    [Fact]
    public void Any_result_exec_and_exec_result_survive_the_wire()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<uint>(), (a, b, id) =>
        {
            var result = new CniResultFrame((int)(id % 256), a);
            Assert.Equal(CniFrameFault.None, CniResultFrame.Decode(Payload(result.Encode(), CniFrameKind.Result), out var r));
            Assert.Equal((result.ExitCode, Convert.ToHexString(a)), (r!.ExitCode, Convert.ToHexString(r.Stdout.Span)));

            var exec = new CniExecFrame(id, "p" + id, [new("N" + a.Length, "ü" + b.Length), new("M", "")], b);
            Assert.Equal(CniFrameFault.None, CniExecFrame.Decode(Payload(exec.Encode(), CniFrameKind.Exec), out var e));
            Assert.Equal((id, exec.Plugin, Convert.ToHexString(b)), (e!.Id, e.Plugin, Convert.ToHexString(e.Stdin.Span)));
            Assert.Equal(exec.Environment, e.Environment);

            var done = new CniExecResultFrame(id, (CniExecOutcome)(id % 6), -1, a, b);
            Assert.Equal(CniFrameFault.None, CniExecResultFrame.Decode(Payload(done.Encode(), CniFrameKind.ExecResult), out var d));
            Assert.Equal(
                (id, done.Outcome, -1, Convert.ToHexString(a), Convert.ToHexString(b)),
                (d!.Id, d.Outcome, d.Status, Convert.ToHexString(d.Stdout.Span), Convert.ToHexString(d.Stderr.Span)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Version_1_has_these_bytes()
    {
        var frame = new CniResultFrame(1, "ok"u8.ToArray()).Encode();
        Assert.Equal("46434E49" + "0100" + "0200" + "0A000000" + "01000000" + "02000000" + "6F6B", Convert.ToHexString(frame.Span));
    }

    [Fact]
    public void Every_truncation_of_every_frame_is_truncated_and_every_extra_byte_is_trailing()
    {
        var exec = new CniExecFrame(1, "ipam", [new("A", "b")], "{}"u8.ToArray()).Encode();
        var done = new CniExecResultFrame(1, CniExecOutcome.Exited, 0, "{}"u8.ToArray(), "x"u8.ToArray()).Encode();
        All(Request.Encode(), p => CniRequestFrame.Decode(p, out _));
        All(new CniResultFrame(0, "{}"u8.ToArray()).Encode(), p => CniResultFrame.Decode(p, out _));
        All(exec, p => CniExecFrame.Decode(p, out _));
        All(done, p => CniExecResultFrame.Decode(p, out _));

        static void All(ReadOnlyMemory<byte> frame, Func<byte[], CniFrameFault> decode)
        {
            var payload = frame[CniProtocol.HeaderLength..].ToArray();
            for (var length = 0; length < payload.Length; length++)
                Assert.Equal(CniFrameFault.Truncated, decode(payload[..length]));
            Assert.Equal(CniFrameFault.None, decode(payload));
            Assert.Equal(CniFrameFault.TrailingBytes, decode([.. payload, 0]));
        }
    }

    [Fact]
    public void Random_bytes_are_refused_or_decoded_and_never_throw()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            _ = CniFrameHeader.Read(bytes, out _);
            _ = CniRequestFrame.Decode(bytes, out _);
            _ = CniResultFrame.Decode(bytes, out _);
            _ = CniExecFrame.Decode(bytes, out _);
            _ = CniExecResultFrame.Decode(bytes, out _);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(0xFFFF_FFFFu)]
    public void A_length_past_the_end_is_truncated(uint length)
    {
        var payload = new byte[9];
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(4), length);
        var expected = length == 0 ? CniFrameFault.TrailingBytes : CniFrameFault.Truncated;
        Assert.Equal(expected, CniResultFrame.Decode(payload, out _));
    }

    [Fact]
    public void Headers_that_are_wrong_are_refused_each_for_its_reason()
    {
        Assert.Equal(CniFrameFault.Incomplete, Header(_ => { }, 11));
        Assert.Equal(CniFrameFault.WrongMagic, Header(b => b[0] ^= 1));
        Assert.Equal(CniFrameFault.OtherVersion, Header(b => b[4] = 9));
        Assert.Equal(CniFrameFault.UnknownKind, Header(b => b[6] = 77));
        Assert.Equal(CniFrameFault.TooLong, Header(b => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(8), CniProtocol.MaxPayloadLength + 1)));
        Assert.Equal(CniFrameFault.TooLong, Header(b => b.AsSpan(8, 4).Fill(0xFF)));
        Assert.Equal(CniFrameFault.None, Header(b => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(8), CniProtocol.MaxPayloadLength)));

        static CniFrameFault Header(Action<byte[]> damage, int length = 12)
        {
            var bytes = new byte[CniProtocol.HeaderLength];
            new CniFrameHeader(CniProtocol.Version, CniFrameKind.Request, 0).Write(bytes);
            damage(bytes);
            return CniFrameHeader.Read(bytes.AsSpan(0, length), out _);
        }
    }

    [Fact]
    public void Another_versions_header_still_tells_its_version()
    {
        var bytes = CniFrameHeader.VersionMismatch();
        bytes[4] = 9;
        Assert.Equal(CniFrameFault.OtherVersion, CniFrameHeader.Read(bytes, out var header));
        Assert.Equal(9, header.Version);
    }

    [Fact]
    public void A_frame_over_the_limit_is_not_made()
    {
        Assert.True(new CniResultFrame(0, new byte[CniProtocol.MaxPayloadLength]).Encode().IsEmpty);
        Assert.Equal(CniProtocol.MaxFrameLength, new CniResultFrame(0, new byte[CniProtocol.MaxPayloadLength - 8]).Encode().Length);
    }

    [Fact]
    public void The_largest_exec_result_fits_in_a_frame() => Assert.False(new CniExecResultFrame(
        1, CniExecOutcome.Exited, 0, new byte[CniExecResultFrame.MaxStdout], new byte[CniExecResultFrame.MaxStderr]).Encode().IsEmpty);

    [Theory]
    [InlineData("", "v")]
    [InlineData("A=B", "v")]
    [InlineData("A\0", "v")]
    [InlineData("A", "v\0")]
    public void An_override_that_no_environment_can_hold_is_refused(string name, string value)
    {
        var frame = new CniExecFrame(1, "p", [new CniOverride(name, value)], default).Encode();
        Assert.Equal(CniFrameFault.BadValue, CniExecFrame.Decode(frame.Span[12..], out var decoded));
        Assert.Null(decoded);
    }

    [Fact]
    public void Too_many_overrides_are_refused_before_memory_is_taken()
    {
        var payload = new byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(8), uint.MaxValue);
        Assert.Equal(CniFrameFault.BadValue, CniExecFrame.Decode(payload, out _));
    }

    [Fact]
    public void Values_outside_their_range_are_refused()
    {
        Assert.Equal(CniFrameFault.BadValue, CniResultFrame.Decode(new CniResultFrame(256, default).Encode().Span[12..], out _));
        Assert.Equal(CniFrameFault.BadValue, CniResultFrame.Decode(new CniResultFrame(-1, default).Encode().Span[12..], out _));
        Assert.Equal(CniFrameFault.BadValue, CniRequestFrame.Decode((Request with { NetNs = (CniNetNs)3 }).Encode().Span[12..], out _));
        Assert.Equal(CniFrameFault.BadValue, CniExecResultFrame.Decode(
            new CniExecResultFrame(1, (CniExecOutcome)9, 0, default, default).Encode().Span[12..], out _));
    }

    [Fact]
    public void Error_json_escapes_what_json_demands()
    {
        var json = CniErrorJson.Write("0.9.9", CniErrorCode.InvalidConfiguration, "a \"b\" \\ \n \u0001 é");
        Assert.Equal("{\"cniVersion\":\"1.1.0\",\"code\":7,\"msg\":\"a \\\"b\\\" \\\\ \\n \\u0001 é\"}\n", Encoding.UTF8.GetString(json));
    }
}
