using Fabric.Lab;
using Fabric.Node.Pipeline;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>Code, document and a real Open vSwitch agree on the flows.</summary>
public sealed class ProgrammedPipelineTests(TraceFixture fixture) : IClassFixture<TraceFixture>
{
    [SkippableFact]
    public void Open_vSwitch_prints_the_flows_exactly_as_documented()
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing);
        var printed = fixture.Ovs
            .Ofctl("-O", "OpenFlow15", "--no-stats", "--no-names", "dump-flows", TraceFixture.Bridge)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !line.StartsWith("cookie=0xf300000000000004", StringComparison.Ordinal));

        Assert.Equal(
            PipelineDocument.Read().Values.SelectMany(flows => flows).Order(StringComparer.Ordinal),
            printed.Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task Flows_read_back_equal_those_that_were_sent()
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing);
        await using var connection = await fixture.ConnectAsync();
        var sent = PipelineExample.Flows.AddRange(PodFlows.For(PipelineExample.Network, TraceFixture.SecondPod));

        var read = await connection.DumpFlowsAsync();

        Assert.Equal(sent.Select(f => f.ToString()).Order(StringComparer.Ordinal),
            read.Select(f => f.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(sent.ToHashSet(), read.ToHashSet());
    }
}
