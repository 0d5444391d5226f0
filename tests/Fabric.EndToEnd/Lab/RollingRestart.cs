using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Stops and starts the agents of all nodes, one after the other, while pods of all nodes ping each other.</summary>
internal static class RollingRestart
{
    public static async Task MustLoseNothingAsync(EndToEndLab lab)
    {
        var pods = await Task.WhenAll(lab.Nodes.Select(n => n.AddPodAsync()));
        var pings = new List<RunningPing>();
        try
        {
            var cidrs = await CidrsAsync(lab);
            foreach (var from in pods)
            {
                foreach (var to in pods.Where(p => p != from))
                {
                    LabWait.Until(() => from.Pings(to.Address), "the pods reach each other");
                    pings.Add(RunningPing.Start(from, to.Address));
                }
            }
            foreach (var node in lab.Nodes)
            {
                Assert.Equal(0, node.Agent!.Terminate());
                await NodeAdmin.WaitForStateAsync(lab.Nodes.First(n => n != node), node, "down");
                await node.StartAsync();
                await NodeAdmin.WaitForStateAsync(lab.Nodes.First(n => n != node), node, "up");
            }
            foreach (var ping in pings)
                await ping.MustHaveLostNothingAsync();
            Assert.Equal(cidrs, await CidrsAsync(lab));
        }
        finally
        {
            pings.ForEach(p => p.Dispose());
            // Also after a failure, which must not become the next test's.
            foreach (var node in lab.Nodes.Where(n => !n.IsServing))
                await node.StartAsync();
            foreach (var pod in pods)
                pod.Dispose();
        }
    }

    private static async Task<string> CidrsAsync(EndToEndLab lab) => string.Join("; ",
        (await NodeAdmin.MembersAsync(lab.First)).Members.Where(m => !m.IsFormer).Select(m => $"{m.Node} {string.Join(',', m.PodCidrs)}"));
}
