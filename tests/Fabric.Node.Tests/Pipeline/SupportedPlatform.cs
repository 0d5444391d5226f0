// The agent runs on Linux alone, and so do its tests.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
