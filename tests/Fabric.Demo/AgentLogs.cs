namespace Fabric.Demo;

/// <summary>What the agents complained about, for the person who looks into a failed demo.</summary>
internal static class AgentLogs
{
    private const int MostLines = 12;

    private static readonly string[] Boring = [" info: ", " dbug: ", " CNI STATUS "];

    public static void WriteNewest(Report report)
    {
        if (!Directory.Exists(Places.Folder))
            return;
        foreach (var log in Directory.GetFiles(Places.Folder, "agent.log", SearchOption.AllDirectories).Order())
        {
            // A STATUS that is refused while the agent starts is no news.
            var lines = File.ReadAllLines(log)
                .Where(l => !Boring.Any(b => l.Contains(b, StringComparison.Ordinal))).TakeLast(MostLines).ToList();
            if (lines.Count == 0)
                continue;
            report.Line($"\n{log} (warnings and errors):");
            report.Block(string.Join('\n', lines));
        }
    }
}
