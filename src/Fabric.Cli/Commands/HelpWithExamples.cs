using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Fabric.Cli;

/// <summary>The usual help, then examples that can be copied.</summary>
internal sealed class HelpWithExamples(HelpAction help, IReadOnlyDictionary<Command, string[]> examples) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        if (examples.TryGetValue(parseResult.CommandResult.Command, out var lines))
            parseResult.InvocationConfiguration.Output.Write($"Examples:\n{string.Concat(lines.Select(l => $"  {l}\n"))}\n");
        return result;
    }
}
