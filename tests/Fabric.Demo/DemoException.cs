namespace Fabric.Demo;

/// <summary>Thrown when the demo can't go on; the message is for the person who watches.</summary>
internal sealed class DemoException(string message) : Exception(message);
