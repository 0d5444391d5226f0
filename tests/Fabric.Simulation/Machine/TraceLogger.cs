using Fabric.Node;
using Microsoft.Extensions.Logging;

namespace Fabric.Simulation;

/// <summary>The agent's log as lines of the run's trace; what is logged as an error is a bug and fails the run.</summary>
internal sealed class TraceLogger(SimulatedProcess process, Func<string, bool> excuses) : ILogger<AgentLog>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        process.Note(text);
        if (logLevel >= LogLevel.Error && !excuses(text))
            process.Loop.Fail(new SimulationFailedException($"logged as an error: {text}\n{exception}", exception));
    }
}
